"""Chain; Prefect has no plan to make, its graph is what the flow happens to call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from prefect import flow, task

from benchmarks import chain
from benchmarks.peers.timing import expect, main


def chain_in_memory(folder: Path) -> Callable[[], object]:
    return _chain(persist_result=False)


def chain_durable(folder: Path) -> Callable[[], object]:
    return _chain(persist_result=True)


def _chain(persist_result: bool) -> Callable[[], object]:
    tasks = [task(function, persist_result=persist_result) for function in chain.chain()]

    @flow
    def steps() -> int:
        return chain.call(tasks)

    return lambda: expect(steps(), chain.STEPS - 1)


if __name__ == "__main__":
    # The server writes down the events of one run for a while after it has ended.
    main({"chain_in_memory": chain_in_memory, "chain_durable": chain_durable}, rest=3)
