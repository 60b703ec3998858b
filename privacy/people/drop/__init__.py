"""Reads a monthly drop and checks every row of it, without touching a database."""
