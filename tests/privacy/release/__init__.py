"""Tests of the monthly release."""
