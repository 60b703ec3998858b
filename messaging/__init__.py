"""Messages: what may be asked for (campaigns) and how it leaves (delivery)."""
