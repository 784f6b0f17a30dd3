"""One root and its children in two processes; a fan must be joined again."""

import sys

from hamilton import driver
from hamilton.execution.executors import MultiProcessingExecutor
from hamilton.htypes import Collect, Parallelizable

from benchmarks.peers import work


def number() -> Parallelizable[int]:
    # As many different ones as there are children: the cache would run equal ones once.
    yield from range(work.root(), work.CHILDREN)


def child(number: int) -> int:
    return work.child(number)


def children(child: Collect[int]) -> list[int]:
    return list(child)


if __name__ == "__main__":
    import __main__

    built = (
        driver.Builder()
        .enable_dynamic_execution(allow_experimental_mode=True)
        .with_remote_executor(MultiProcessingExecutor(max_tasks=work.PROCESSES))
        .with_modules(__main__)
        .with_cache(sys.argv[1])
        .build()
    )
    built.execute(["children"])
