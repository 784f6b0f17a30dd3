"""Prefect: flows run as scripts against a local server."""
