"""What an attacker gains from releases, and what a user does: measured on synthetic cities with known truth."""
