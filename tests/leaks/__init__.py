"""Attacks on what a sender, a salesperson or the web role could learn about the people side."""
