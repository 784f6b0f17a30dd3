"""Ops, the graphs composed of them, and their jobs."""
