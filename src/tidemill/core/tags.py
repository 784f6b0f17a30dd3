"""Names of tags that mean something to Tidemill: data that programs write and read, so their spelling stays."""

from __future__ import annotations

PARENT_RUN_TAG = "dagster/parent_run_id"
PARTITION_TAG = "dagster/partition"
PRIORITY_TAG = "dagster/priority"
ROOT_RUN_TAG = "dagster/root_run_id"
