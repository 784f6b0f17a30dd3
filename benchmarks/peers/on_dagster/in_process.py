"""Chain and layers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dagster import DagsterInstance, Definitions, asset, define_asset_job, materialize, materialize_to_memory
from dagster._core.execution.api import create_execution_plan

from benchmarks import chain, planning
from benchmarks.peers.timing import expect, main

LAST = f"step_{chain.STEPS - 1}"


def chain_in_memory(folder: Path) -> Callable[[], object]:
    assets = [asset(function) for function in chain.chain()]
    return lambda: expect(materialize_to_memory(assets).output_for_node(LAST), chain.STEPS - 1)


def chain_durable(folder: Path) -> Callable[[], object]:
    assets = [asset(function) for function in chain.chain()]
    instance = DagsterInstance.local_temp(str(folder), overrides={"telemetry": {"enabled": False}})
    return lambda: expect(materialize(assets, instance=instance).output_for_node(LAST), chain.STEPS - 1)


def layers(folder: Path) -> Callable[[], object]:
    modules = planning.compiled("@asset\n")

    def plan() -> object:
        everything = define_asset_job("everything")
        definitions = Definitions(assets=planning.define(modules, asset), jobs=[everything])
        return create_execution_plan(definitions.resolve_job_def("everything"))

    return plan


if __name__ == "__main__":
    main({"chain_in_memory": chain_in_memory, "chain_durable": chain_durable, "layers": layers})
