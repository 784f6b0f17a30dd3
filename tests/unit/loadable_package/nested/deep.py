"""The module that only a walk through the package finds."""

from __future__ import annotations

from loadable_package import outer as outer
from tidemill.definitions.assets.decorators import asset
from tidemill.definitions.checks.decorators import asset_check


@asset
def inner(outer):
    return outer


@asset_check(asset=inner)
def inner_is_good():
    return True
