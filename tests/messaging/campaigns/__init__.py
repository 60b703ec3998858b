"""Tests of messaging.campaigns."""
