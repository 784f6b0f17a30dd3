"""A shop's forecasting project of forty assets, as its authors wrote it for another orchestrator.

`test_shop_project` changes its import lines, and nothing else, and runs it; what it must give was recorded there.
"""
