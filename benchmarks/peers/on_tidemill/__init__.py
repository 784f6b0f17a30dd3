"""Tidemill: `materialize` in process, `tidemill materialize` as a command."""
