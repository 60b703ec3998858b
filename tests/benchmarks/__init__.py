"""Tests of the benches: that a figure is judged by its goal, and that none goes missing unsaid."""
