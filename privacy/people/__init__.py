"""Everything about real households. Never imported, directly or not, by the web process."""
