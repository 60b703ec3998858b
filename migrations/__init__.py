"""Both databases, step by step: `serving/` and `people/` hold numbered revisions, `roles.py` who may log in."""
