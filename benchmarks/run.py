"""Run the benchmarks and print one table: `python -m benchmarks.run [MODULE …]`.

Each module runs in a process of its own, so that none sees what another imported or left in memory:

    run ──▶ python -m benchmarks.run --module chain ──▶ rows, as JSON on its last line ──▶ table, results/
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

MODULES = (
    "startup",
    "chain",
    "planning",
    "fingerprints",
    "store",
    "artifacts",
    "guide",
    "parallel",
    "refresh",
    "partitions",
    "server",
    "page",
)
ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"

COLUMNS = ("what", "measured", "floor", "ratio", "must reach", "aim", "verdict")


def main(arguments: list[str]) -> int:
    """Run the modules named, or all; 1 where one of them broke, 0 otherwise, whatever the figures."""
    if arguments[:1] == ["--module"]:
        print(json.dumps(importlib.import_module(f"benchmarks.{arguments[1]}").run()))
        return 0
    unknown = sorted(set(arguments) - set(MODULES))
    if unknown:
        print(
            f"No benchmark is called {', '.join(unknown)}; there are {', '.join(MODULES)}.", file=sys.stderr
        )
        return 2
    machine = machine_line()
    rows: list[dict[str, Any]] = []
    broken = []
    for name in arguments or MODULES:
        print(f"{name} …", file=sys.stderr, flush=True)
        found = _rows_of(name)
        if found is None:
            broken.append(name)
        else:
            rows += [{"module": name, **row} for row in found]
    print(table(rows))
    for row in rows:
        if row["note"]:
            print(f"  {row['what']}: {row['note']}")
    if any(row["verdict"] == "NOISE" for row in rows):
        print("NOISE: measured below a floor that it includes; measure again when the machine is quiet.")
    print(f"\n{machine}; written to {write(rows, machine).relative_to(ROOT)}")
    if broken:
        print(f"Broken: {', '.join(broken)} (the error is above).", file=sys.stderr)
    return 1 if broken else 0


def _rows_of(name: str) -> list[dict[str, Any]] | None:
    """What the module measured; None where it raised."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "benchmarks.run", "--module", name]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        return None
    rows: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as aligned text; figures to the right."""
    return aligned([COLUMNS, *(_cells(row) for row in rows)], to_the_left={0, len(COLUMNS) - 1})


def aligned(lines: Sequence[Sequence[str]], to_the_left: Collection[int]) -> str:
    """Lines of cells as text, a rule under the first; all columns but those named are pushed to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = [
        "  ".join(
            cell.ljust(width) if column in to_the_left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    text.insert(1, "─" * max(map(len, text)))
    return "\n".join(text)


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    unit = row["unit"]
    floor = "" if row["floor"] is None else f"{figure(row['floor'])} {unit}"
    ratio = "" if row["ratio"] is None else f"{figure(row['ratio'])} ×"
    must, aim = (_bound(row, row[name]) for name in ("must", "aim"))
    return row["what"], f"{figure(row['measured'])} {unit}", floor, ratio, must, aim, row["verdict"]


def _bound(row: dict[str, Any], value: float | None) -> str:
    if value is None:
        return ""
    return {
        "measured": f"≤ {value:g} {row['unit']}",
        "ratio": f"≤ {value:g} ×",
        "above": f"≤ floor + {value:g} {row['unit']}",
    }[row["judged"]]


def figure(value: float) -> str:
    """A number in three figures, never in powers of ten."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 0.01 else f"{value:.5f}".rstrip("0").rstrip(".")


def machine_line() -> str:
    """What the figures were measured on, and how busy it was."""
    system = f"{platform.system()} {platform.machine()}"
    load = os.getloadavg()[0]
    return (
        f"Python {platform.python_version()}, {system}, {os.cpu_count()} cores, load {load:.1f} at the start"
    )


def write(rows: list[dict[str, Any]], machine: str, prefix: str = "", **more: object) -> Path:
    """Keep the rows as JSON, with whatever else belongs to them; the file's path."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{prefix}{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}.json"
    kept = {"machine": machine, **more, "rows": rows}
    path.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n")
    return path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
