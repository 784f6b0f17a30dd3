"""What the server's answers cost on a large store: 10,000 assets, 1,000,000 materializations, 100,000 runs.

    python -m benchmarks.run server             makes the store in a temporary folder (some minutes)
    python -m benchmarks.server FOLDER          makes it there, or takes what was made there before

The server runs in a process of its own and is asked for every route many times, for assets and runs at random.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks.measuring import row
from tidemill.core.events import (
    Checked,
    Event,
    Materialized,
    RunCreated,
    RunFailed,
    RunStarted,
    RunSucceeded,
    StepFailed,
    StepStarted,
    StepSucceeded,
)
from tidemill.core.keys import AssetKey
from tidemill.core.metadata import MetadataValue
from tidemill.core.records import Artifact, CheckResult, ErrorInfo, PlannedStep, Run, Version, VersionRef
from tidemill.planning.facts import CheckFacts, OutputFacts, UnitFacts
from tidemill.planning.versions import Ingredients, version_key
from tidemill.storage import Store

ASSETS = 10_000
CHAIN = 10
"""Assets that a run makes, each from the one before."""

RUNS = 100_000
STEPS_OF_LARGE = ASSETS
LINES = 1_000_000
CODE = "0123456789abcdef" * 2
INLINE = b"x" * 64
BEGAN = 1_700_000_000_000_000
MINUTE = 60_000_000
LOG_STEP = "asset_00000"

TIMES = 100
MUST_MS = 150.0
MUST_MB = 250.0

KEYS = [AssetKey(f"asset_{index:05}") for index in range(ASSETS)]


def version_id(run: int, index: int) -> str:
    """The id of what a run makes of an asset."""
    return f"{run:012}-{index:06}"


def content(run: int, index: int) -> str:
    """What an asset is after a run."""
    return f"{run:032x}{index:032x}"


def made(run: int, index: int, at: int, *, above: str | None) -> Version:
    """The version that a run makes of an asset; `above` is the content of what it is made from."""
    inputs: tuple[VersionRef, ...] = ()
    if above is not None:
        inputs = (VersionRef(KEYS[index - 1], None, version_id(run, index - 1), above),)
    facts = tuple((ref.asset.text, None, ref.data_version) for ref in inputs)
    digest = content(run, index)
    return Version(
        id=version_id(run, index),
        asset=KEYS[index],
        partition=None,
        made_at=at,
        data_version=digest,
        code_version=CODE,
        artifact=Artifact(digest, len(INLINE), digest, True, "pandas.DataFrame", None, INLINE),
        version_key=version_key(Ingredients(CODE, {}, None, facts, {}, None)),
        inputs=inputs,
        metadata={"rows": MetadataValue.int(run), "score": MetadataValue.float((run % 97) / 97)},
    )


def run_events(run: int, indexes: range) -> Iterator[Event]:
    """All that is recorded of a run; each fiftieth fails at its last step."""
    at = BEGAN + run * MINUTE
    planned = tuple(PlannedStep(KEYS[index].text, (KEYS[index],)) for index in indexes)
    tags = {"team": f"team-{run % 7}", "batch": str(run)}
    environment = {"python": "3.11", "platform": "linux"}
    order = Run(f"run-{run:08}", f"job_{run % 20}", at, {"ops": {}}, tags, planned, environment=environment)
    yield RunCreated(at, order)
    yield RunStarted(at + 1)
    fails = (run + run // (ASSETS // CHAIN)) % 50 == 49 and len(indexes) == CHAIN
    for place, index in enumerate(indexes):
        name, now = KEYS[index].text, at + place * 1_000_000
        yield StepStarted(now, name)
        if fails and index == indexes[-1]:
            error = ErrorInfo(
                "ValueError: it does not fit", ('  File "x.py", line 3, in f\n    raise\n',), "ValueError"
            )
            yield StepFailed(now + 900_000, name, 1, error, 0.9)
            yield RunFailed(now + 1_000_000, (name,))
            return
        above = content(run, index - 1) if index % CHAIN else None
        version = made(run, index, now + 800_000, above=above)
        yield Materialized(now + 800_000, name, 1, version)
        if index % CHAIN == CHAIN - 1:
            check = CheckResult(KEYS[index], "sound", run % 11 != 0, "WARN", version_id=version.id)
            yield Checked(now + 850_000, name, 1, check)
        yield StepSucceeded(now + 900_000, name, 1, ("x",), seconds=0.9, log_bytes=120)
    yield RunSucceeded(at + len(indexes) * 1_000_000)


def make(folder: Path, runs: int = RUNS) -> None:
    """Fill a store; nothing where it was filled before."""
    if (folder / "filled").exists():
        return
    with Store.open(folder) as store:
        for run in range(runs):
            first = run * CHAIN % ASSETS
            store.append(f"run-{run:08}", list(run_events(run, range(first, first + CHAIN))))
            if run % 5_000 == 0:
                print(f"  {run:,} of {runs:,} runs", file=sys.stderr, flush=True)
        store.append(f"run-{runs:08}", list(run_events(runs, range(STEPS_OF_LARGE))))
        with store.database() as database:
            database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    logs = folder / "logs" / f"run-{runs:08}"
    logs.mkdir(parents=True)
    with (logs / f"{LOG_STEP}.1.jsonl").open("w") as file:
        for number in range(LINES):
            line = {
                "at": BEGAN + number,
                "stream": "stdout",
                "level": "info",
                "text": f"epoch {number}: loss 0.5",
            }
            file.write(json.dumps(line) + "\n")
    (folder / "filled").touch()


def serve(folder: Path, port: int) -> None:
    """The server, with definitions of all assets but no code."""
    import uvicorn

    from tidemill.server.app import create_app
    from tidemill.server.models import CheckInfo, GraphNode
    from tidemill.server.nobody import NobodyHost
    from tidemill.server.snapshot import AssetInfo, Snapshot

    nodes, units, infos = {}, {}, {}
    for index, key in enumerate(KEYS):
        above = (KEYS[index - 1].text,) if index % CHAIN else ()
        last = index % CHAIN == CHAIN - 1
        nodes[key.text] = GraphNode(
            key=key.text,
            group=f"group_{index // 100:02}",
            unit=key.text,
            deps=list(above),
            kinds=["python"],
            checks=["sound"] if last else [],
            description=f"The asset of number {index}.",
        )
        checks = (CheckFacts(key.text, "sound", False),) if last else ()
        units[key.text] = UnitFacts(
            key.text, "asset", (OutputFacts("result", key.text, CODE),), above, checks=checks
        )
        infos[key.text] = AssetInfo(checks=(CheckInfo(name="sound"),) if last else ())
    snapshot = Snapshot("bench", "file:bench.py", "/", BEGAN, 1.0, nodes, infos, units, {}, {}, (), ())
    uvicorn.run(create_app(folder, NobodyHost(snapshot)), host="127.0.0.1", port=port, log_level="warning")


@contextmanager
def serving(folder: Path) -> Iterator[tuple[int, int]]:
    """A server before the store: its port, and its process id."""
    with socket_of_no_use() as port:
        pass
    command = [sys.executable, "-m", "benchmarks.server", "--serve", str(folder), str(port)]
    child = subprocess.Popen(command, cwd=Path(__file__).resolve().parent.parent)
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                asked(port, "/api/states")
                break
            except OSError:
                assert child.poll() is None, "the server ended"
                assert time.monotonic() < deadline, "the server did not begin"
                time.sleep(0.1)
        yield port, child.pid
    finally:
        child.terminate()
        child.wait(20)


@contextmanager
def socket_of_no_use() -> Iterator[int]:
    """A port that is free."""
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        yield found.getsockname()[1]


def asked(port: int, path: str, connection: http.client.HTTPConnection | None = None) -> float:
    """Milliseconds until the whole answer is there."""
    own = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    began = time.perf_counter()
    own.request("GET", path)
    answer = own.getresponse()
    body = answer.read()
    elapsed = (time.perf_counter() - began) * 1e3
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {body[:300]!r}")
    if connection is None:
        own.close()
    return elapsed


def routes(runs: int = RUNS) -> dict[str, Callable[[random.Random], str]]:
    """Each route, as it is asked at random."""

    def key(chance: random.Random) -> str:
        return quote(KEYS[chance.randrange(0, ASSETS, CHAIN) + chance.randrange(CHAIN - 1)].text)

    def checked(chance: random.Random) -> str:
        return quote(KEYS[chance.randrange(CHAIN - 1, ASSETS, CHAIN)].text)

    def run(chance: random.Random) -> int:
        return chance.randrange(1, runs + 1)

    large = runs + 1
    return {
        "/api/server": lambda _: "/api/server",
        "/api/graph": lambda _: "/api/graph",
        "/api/states": lambda _: "/api/states",
        "/api/selection, +asset+": lambda c: f"/api/selection?expression=%2B{key(c)}%2B",
        "/api/selection, a group": lambda c: f"/api/selection?expression=group:group_{c.randrange(100):02}",
        "/api/jobs": lambda _: "/api/jobs",
        "/api/assets": lambda c: f"/api/assets?cursor={c.randrange(0, ASSETS, 100)}",
        "/api/assets, a search": lambda c: f"/api/assets?query={c.randrange(10_000)}",
        "/api/assets, a status": lambda _: "/api/assets?status=failed&status=stale",
        "/api/asset": lambda c: f"/api/asset?key={key(c)}",
        "/api/asset/versions": lambda c: f"/api/asset/versions?key={key(c)}",
        "/api/asset/versions/N": lambda c: f"/api/asset/versions/{c.randrange(1, 90)}?key={key(c)}",
        "/api/asset/diff": lambda c: (
            f"/api/asset/diff?key={key(c)}&before={c.randrange(1, 40)}&after={c.randrange(40, 90)}"
        ),
        "/api/asset/metrics": lambda c: f"/api/asset/metrics?key={key(c)}",
        "/api/asset/checks": lambda c: f"/api/asset/checks?key={checked(c)}",
        "/api/asset/partitions": lambda c: f"/api/asset/partitions?key={key(c)}",
        "/api/asset/events": lambda c: f"/api/asset/events?key={key(c)}",
        "/api/runs": lambda c: f"/api/runs?cursor={run(c)}",
        "/api/runs, newest": lambda _: "/api/runs",
        "/api/runs, failed": lambda c: f"/api/runs?status=failed&cursor={run(c)}",
        "/api/runs, of an asset": lambda c: f"/api/runs?asset={key(c)}",
        "/api/runs, of a job": lambda c: f"/api/runs?job=job_{c.randrange(20)}&status=failed",
        "/api/runs, one tag": lambda c: f"/api/runs?tag=batch={run(c)}",
        "/api/runs, a time": lambda c: (
            f"/api/runs?after={BEGAN + run(c) * MINUTE}&before={BEGAN + run(c) * MINUTE}"
        ),
        "/api/runs, none": lambda _: "/api/runs?status=canceled",
        "/api/runs/diff": lambda c: f"/api/runs/diff?before={run(c)}&after={run(c)}",
        "/api/run": lambda c: f"/api/run/{run(c)}",
        "/api/run, 10,000 steps": lambda _: f"/api/run/{large}",
        "/api/run/steps, 10,000": lambda c: (
            f"/api/run/{large}/steps?start={c.randrange(0, 9000, 1000)}&limit=200"
        ),
        "/api/run/events, 10,000": lambda c: f"/api/run/{large}/events?limit=200",
        "/api/run/log, 1,000,000": lambda c: (
            f"/api/run/{large}/log?step={LOG_STEP}&start={c.randrange(LINES)}"
        ),
        "/api/store": lambda _: "/api/store",
    }


def measure(folder: Path, times: int = TIMES) -> list[dict[str, Any]]:
    """Ask everything; rows of figures."""
    rows: list[dict[str, Any]] = []
    with serving(folder) as (port, pid):
        wait_for_the_background(port)
        chance = random.Random(7)
        figures: dict[str, list[float]] = {name: [] for name in routes()}
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for turn in range(times + 1):
            for name, path in routes().items():
                elapsed = asked(port, path(chance), connection)
                if turn:
                    figures[name].append(elapsed)
        for name, found in figures.items():
            found.sort()
            middle, high = found[len(found) // 2], found[min(len(found) - 1, int(len(found) * 0.99))]
            rows.append(row(f"{name}, p99", high, "ms", must=MUST_MS, note=f"p50 {middle:.1f} ms"))
        rows.append(row("commit to watcher, p99", latency(folder, port), "ms", must=MUST_MS))
        rows.append(row("memory of the server", memory(pid), "MB", must=MUST_MB))
        rows.append(row("processor of the server while nothing happens", idle(pid), "%"))
    return rows


def wait_for_the_background(port: int) -> None:
    """Until the server has worked out what the store takes, which it does once."""
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/api/store?limit=1")
        if json.loads(connection.getresponse().read())["measured"]:
            return
        connection.close()
        time.sleep(1)
    raise RuntimeError("the server does not come to an end with what the store takes")


def latency(folder: Path, port: int, times: int = 50) -> float:
    """Milliseconds from the commit of another process to a client that watches."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/api/events")
    answer = connection.getresponse()
    found = []
    with Store.open(folder, create=False) as store:
        for turn in range(times):
            at = BEGAN + RUNS * 2 * MINUTE + turn
            id = f"watched-{time.time_ns()}"
            began = time.perf_counter()
            store.append(id, [RunCreated(at, Run(id, "watched", at, {})), RunStarted(at), RunSucceeded(at)])
            while not answer.readline().startswith(b"id:"):
                pass
            found.append((time.perf_counter() - began) * 1e3)
            time.sleep(0.1)
            while b"run_succeeded" not in answer.readline():
                pass
    connection.close()
    return sorted(found)[int(len(found) * 0.99)]


def idle(pid: int, seconds: float = 5.0) -> float:
    """Percent of a processor."""
    before = ticks(pid)
    time.sleep(seconds)
    return (ticks(pid) - before) / os.sysconf("SC_CLK_TCK") / seconds * 100


def ticks(pid: int) -> int:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def memory(pid: int) -> float:
    """Megabytes that are the process's own or shared in proportion."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no Pss")


def run() -> list[dict[str, Any]]:
    """All rows, as plain values."""
    with tempfile.TemporaryDirectory() as name:
        make(Path(name) / "store")
        return measure(Path(name) / "store")


def main(arguments: list[str]) -> int:
    """See the module."""
    if arguments[0] == "--serve":
        serve(Path(arguments[1]), int(arguments[2]))
        return 0
    folder = Path(arguments[0]).absolute()
    began = time.perf_counter()
    make(folder)
    print(
        f"store: {time.perf_counter() - began:.0f} s, {(folder / 'tidemill.db').stat().st_size / 1e6:,.0f} MB"
    )
    for found in measure(folder):
        print(
            f"{found['what']:<40}{found['measured']:>10.1f} {found['unit']}  {found['verdict']:<8}{found['note']}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
