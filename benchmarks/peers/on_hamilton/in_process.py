"""Chain and layers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hamilton import driver
from hamilton.ad_hoc_utils import create_temporary_module

from benchmarks import chain, planning
from benchmarks.peers.timing import expect, main

LAST = f"step_{chain.STEPS - 1}"


def chain_in_memory(folder: Path) -> Callable[[], object]:
    return _run(driver.Builder())


def chain_durable(folder: Path) -> Callable[[], object]:
    return _run(driver.Builder().with_cache(folder))


def _run(builder: driver.Builder) -> Callable[[], object]:
    steps = create_temporary_module(*chain.chain(annotated=True))
    built = builder.with_modules(steps).build()
    return lambda: expect(built.execute([LAST])[LAST], chain.STEPS - 1)


def layers(folder: Path) -> Callable[[], object]:
    codes = planning.compiled(annotated=True)

    def plan() -> object:
        defined = create_temporary_module(*planning.define(codes))
        built = driver.Builder().with_modules(defined).build()
        last = [f"a_{planning.LAYERS - 1}_{place}" for place in range(planning.WIDTH)]
        return built.validate_execution(last)

    return plan


if __name__ == "__main__":
    main({"chain_in_memory": chain_in_memory, "chain_durable": chain_durable, "layers": layers})
