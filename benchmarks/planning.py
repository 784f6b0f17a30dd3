"""Define and plan 10,000 assets, 100 layers of 100, each with two upstreams: the cost above bare functions.

Each measurement is a child process of its own, because memory that was once taken is seldom given back.
"""

from __future__ import annotations

import gc
import json
import marshal
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.measuring import in_turn, row

LAYERS = 100
WIDTH = 100
ROUNDS = 5


def run() -> list[dict[str, Any]]:
    """Seconds and megabytes of the assets, beside those of the functions alone."""
    taken: dict[str, list[tuple[float, float]]] = {"functions": [], "assets": []}
    for turn in range(ROUNDS):
        for kind, figures in in_turn(taken.items(), turn):
            figures.append(_in_child(kind))
    seconds, megabytes = (
        {kind: statistics.median(figure[which] for figure in figures) for kind, figures in taken.items()}
        for which in (0, 1)
    )
    what = f"define and plan {LAYERS * WIDTH:,} assets"
    return [
        row(
            f"{what}, time",
            seconds["assets"],
            "s",
            floor=seconds["functions"],
            judged="above",
            must=0.3,
            aim=0.15,
        ),
        row(
            f"{what}, memory",
            megabytes["assets"],
            "MB",
            floor=megabytes["functions"],
            judged="above",
            must=40,
            aim=25,
        ),
    ]


def _in_child(kind: str) -> tuple[float, float]:
    """Figures of one way of defining; it is handed compiled code, so that no parser's memory counts."""
    modules = compiled("@asset\n" if kind == "assets" else "")
    command = [sys.executable, "-m", "benchmarks.planning", kind]
    done = subprocess.run(command, input=marshal.dumps(modules), stdout=subprocess.PIPE, check=True)
    seconds, megabytes = json.loads(done.stdout)
    return seconds, megabytes


def measure(kind: str, modules: list[Any]) -> tuple[float, float]:
    """Seconds and megabytes that one way of defining takes in this process."""
    from tidemill import asset

    first = compile("@asset\ndef a_first():\n    return 0\n", "first", "exec")
    plan(define([first], asset))  # loads every module that is needed
    gc.collect()
    before = _peak_megabytes()
    start = time.perf_counter()
    defined = define(modules, asset)
    kept: Any = defined if kind == "functions" else plan(defined)
    seconds = time.perf_counter() - start
    megabytes = _peak_megabytes() - before
    if kept is None or len(defined) != LAYERS * WIDTH:
        raise AssertionError(f"{len(defined)} definitions")
    return seconds, megabytes


def compiled(decorator: str = "", annotated: bool = False) -> list[Any]:
    """The code of each layer, ready to run."""
    sources = [_source(layer, decorator, annotated) for layer in range(LAYERS)]
    return [compile(source, f"layer_{layer}", "exec") for layer, source in enumerate(sources)]


def _source(layer: int, decorator: str, annotated: bool) -> str:
    """The functions of one layer, each taking two of the layer before it."""
    taken, given = (": int", " -> int") if annotated else ("", "")
    definitions = []
    for place in range(WIDTH):
        above = (f"a_{layer - 1}_{at % WIDTH}{taken}" for at in (place, place + 1))
        ups = ", ".join(above) if layer else ""
        definitions.append(f"{decorator}def a_{layer}_{place}({ups}){given}:\n    return {place}\n")
    return "\n".join(definitions)


def define(modules: list[Any], asset: Callable[..., Any] | None = None) -> list[Any]:
    """Run the compiled modules; what they defined, with the decorator that they know as `asset`."""
    defined: list[Any] = []
    for module in modules:
        namespace: dict[str, Any] = {"asset": asset, "__name__": "pipeline"}
        exec(module, namespace)
        defined += [value for name, value in namespace.items() if name.startswith("a_")]
    return defined


def plan(assets: list[Any]) -> Any:
    """The plan of a run of all, checked as a run checks it; with the definitions, so that both are kept."""
    from tidemill import Definitions
    from tidemill.execution.launch import Request, prepare

    definitions = Definitions(assets=assets)
    prepared = prepare(definitions.project(), Request("everything"))
    return definitions, prepared


def _peak_megabytes() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], marshal.loads(sys.stdin.buffer.read()))))
