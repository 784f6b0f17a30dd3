"""Names of tags that mean something to Tidemill: data that programs write and read, so their spelling stays."""

from __future__ import annotations

BACKFILL_TAG = "dagster/backfill"
DATA_VERSION_TAG = "dagster/data_version"
MAX_RETRIES_TAG = "dagster/max_retries"
MAX_RUNTIME_SECONDS_TAG = "dagster/max_runtime"
PARENT_RUN_TAG = "dagster/parent_run_id"
PARTITION_TAG = "dagster/partition"
PARTITION_SET_TAG = "dagster/partition_set"
PRIORITY_TAG = "dagster/priority"
RANGE_END_TAG = "dagster/asset_partition_range_end"
RANGE_START_TAG = "dagster/asset_partition_range_start"
RETRY_STRATEGY_TAG = "dagster/retry_strategy"
ROOT_RUN_TAG = "dagster/root_run_id"
