"""A large array and two that sum it."""

from kedro.pipeline import Pipeline, node

from benchmarks.peers import work


def create_pipeline() -> Pipeline:
    return Pipeline(
        [
            node(work.large_array, None, "large_array"),
            node(work.total, "large_array", "total"),
            node(work.total, "large_array", "same_total"),
        ]
    )
