"""The promise "usable, not visible": the monthly release, the vault, consent, and what keeps text clean."""
