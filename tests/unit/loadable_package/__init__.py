"""A package of user code, for the tests of loading."""

from __future__ import annotations

from tidemill.definitions.assets.decorators import asset


@asset
def outer():
    return 1
