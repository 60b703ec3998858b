"""What was done with people's data: numbered rows, chained by a keyed hash, never changed."""
