"""Chain and layers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks import chain, planning
from benchmarks.peers.timing import expect, main
from tidemill import DagsterInstance, asset, materialize, materialize_to_memory

LAST = f"step_{chain.STEPS - 1}"


def chain_in_memory(folder: Path) -> Callable[[], object]:
    assets = [asset(function) for function in chain.chain()]
    return lambda: expect(materialize_to_memory(assets).output_for_node(LAST), chain.STEPS - 1)


def chain_durable(folder: Path) -> Callable[[], object]:
    assets = [asset(function) for function in chain.chain()]
    instance = DagsterInstance.local_temp(str(folder))
    return lambda: expect(materialize(assets, instance=instance).output_for_node(LAST), chain.STEPS - 1)


def layers(folder: Path) -> Callable[[], object]:
    modules = planning.compiled("@asset\n")
    return lambda: planning.plan(planning.define(modules, asset))


if __name__ == "__main__":
    main({"chain_in_memory": chain_in_memory, "chain_durable": chain_durable, "layers": layers})
