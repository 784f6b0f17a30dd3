"""The names and shapes that programs written against Dagster expect, over Tidemill's own layers.

One package, re-exported by the root; nothing below it mentions these names. `events` speaks the other event vocabulary,
`result`, `instance` and `materialize` are the entries of Python programs.
"""
