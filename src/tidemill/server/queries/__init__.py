"""Answers of routes that are more than one read."""
