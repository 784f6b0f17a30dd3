"""Kedro: a project, run by `kedro run`; every value is a file, and no run is remembered."""
