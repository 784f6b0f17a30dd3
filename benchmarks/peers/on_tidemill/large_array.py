"""A large array and two that sum it."""

from benchmarks.peers import work
from tidemill import Definitions, asset


@asset
def large_array():
    return work.large_array()


@asset
def total(large_array):
    return work.total(large_array)


@asset
def same_total(large_array):
    return work.total(large_array)


defs = Definitions(assets=[large_array, total, same_total])
