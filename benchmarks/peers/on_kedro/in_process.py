"""Chain and layers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kedro.io import DataCatalog
from kedro.pipeline import Pipeline, node
from kedro.runner import SequentialRunner
from kedro_datasets.pickle import PickleDataset

from benchmarks import chain, planning
from benchmarks.peers.timing import expect, main

LAST = f"step_{chain.STEPS - 1}"


def chain_in_memory(folder: Path) -> Callable[[], object]:
    return _run(chain.chain(), DataCatalog)


def chain_durable(folder: Path) -> Callable[[], object]:
    functions = chain.chain()
    names = [function.__name__ for function in functions]
    files = {name: PickleDataset(filepath=str(folder / f"{name}.pickle")) for name in names}
    return _run(functions, lambda: DataCatalog(files))


def _run(functions: list[Callable[..., int]], catalog: Callable[[], DataCatalog]) -> Callable[[], object]:
    steps = _pipeline(functions)
    return lambda: expect(SequentialRunner().run(steps, catalog())[LAST].load(), chain.STEPS - 1)


def layers(folder: Path) -> Callable[[], object]:
    modules = planning.compiled()
    return lambda: _pipeline(planning.define(modules)).grouped_nodes


def _pipeline(functions: list[Callable[..., Any]]) -> Pipeline:
    return Pipeline(
        [node(function, inputs=_inputs(function), outputs=function.__name__) for function in functions]
    )


def _inputs(function: Callable[..., Any]) -> list[str]:
    return list(function.__code__.co_varnames[: function.__code__.co_argcount])


if __name__ == "__main__":
    main({"chain_in_memory": chain_in_memory, "chain_durable": chain_durable, "layers": layers})
