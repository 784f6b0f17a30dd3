"""Names of tags that mean something to Tidemill: data that programs write and read, so their spelling stays."""

from __future__ import annotations

PARTITION_TAG = "dagster/partition"
PRIORITY_TAG = "dagster/priority"
