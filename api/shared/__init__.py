"""Routes that both apps use: log-in, catalog, reviews, health."""
