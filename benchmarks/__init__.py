"""What the performance page promises, as commands. Ratios within one run, never absolute times."""
