"""Stand-ins for the world outside: the two apps, the carrier, the data platform. Imports nothing of ours."""
