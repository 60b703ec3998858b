"""Brings a valid drop into the people database: COPY into temporary tables, merge, note how far it came."""
