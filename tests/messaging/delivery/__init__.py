"""Delivery against real databases, with the rights of its own roles."""
