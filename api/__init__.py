"""HTTP and nothing else: the web process."""
