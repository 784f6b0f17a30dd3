"""A large array and two that sum it."""

from dagster import Definitions, asset, define_asset_job, multiprocess_executor

from benchmarks.peers import work


@asset
def large_array():
    return work.large_array()


@asset
def total(large_array):
    return work.total(large_array)


@asset
def same_total(large_array):
    return work.total(large_array)


two_processes = multiprocess_executor.configured({"max_concurrent": work.PROCESSES})
defs = Definitions(
    assets=[large_array, total, same_total],
    jobs=[define_asset_job("everything", executor_def=two_processes)],
)
