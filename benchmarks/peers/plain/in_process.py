"""Chain and layers, called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks import chain, planning
from benchmarks.peers.timing import expect, main


def chain_in_memory(folder: Path) -> Callable[[], object]:
    functions = chain.chain()
    return lambda: expect(chain.call(functions), chain.STEPS - 1)


def chain_durable(folder: Path) -> Callable[[], object]:
    return chain.durable_floor(folder, chain.chain())


def layers(folder: Path) -> Callable[[], object]:
    modules = planning.compiled()
    return lambda: planning.define(modules)


if __name__ == "__main__":
    main({"chain_in_memory": chain_in_memory, "chain_durable": chain_durable, "layers": layers})
