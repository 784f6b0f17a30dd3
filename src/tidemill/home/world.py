"""What partitions depend on beside their definitions, as a store knows it now."""

from __future__ import annotations

from datetime import UTC, datetime

from tidemill.definitions.partitions.partitions import World
from tidemill.home import Home


def world_around(home: Home) -> World:
    """The time, and all keys of dynamic partitions that a store has."""
    return World(datetime.fromtimestamp(home.clock.now() / 1_000_000, UTC), home.store.dynamic_keys())
