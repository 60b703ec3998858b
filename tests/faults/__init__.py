"""What is broken on purpose while messages leave: processes, databases, the carrier."""
