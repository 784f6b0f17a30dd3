"""Storage: the append-only log of events in SQLite, and what is folded from it.

It knows keys and records, never callables.
"""

from __future__ import annotations

from tidemill.storage.database import Durability
from tidemill.storage.reads import ANY_PARTITION, MetricPoint, Reads, Slice, StoredCheck, StoredEvent
from tidemill.storage.store import Store

__all__ = [
    "ANY_PARTITION",
    "Durability",
    "MetricPoint",
    "Reads",
    "Slice",
    "Store",
    "StoredCheck",
    "StoredEvent",
]
