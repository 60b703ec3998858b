"""Tests of the content rules."""
