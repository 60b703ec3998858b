"""Attacks on what a sender, a salesperson or the web role could learn, and marked people who must show nowhere."""
