"""The whole system on one machine, under `.run/`: clusters, roles, processes. For development, tests and the demo."""
