"""Dagster: `materialize` in process, `dagster job execute` with its multiprocess executor as a command."""
