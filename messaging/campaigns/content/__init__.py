"""Content rules: which characters, structures and words may stand in a message."""
