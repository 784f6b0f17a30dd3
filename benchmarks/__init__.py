"""How fast Tidemill is, beside a floor measured in the same run. `make bench` runs all of it.

Each module of this package named in `run.MODULES` has `run() -> list[dict]`; `measuring.row` makes the rows.
"""
