"""What the tests of the server share: a host that runs the command line, and a server on a port of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from command_line import COMMAND, environment
from fastapi import FastAPI

from tidemill.code.loading import load_definitions
from tidemill.core.errors import InvalidConfigError
from tidemill.core.records import CodeRef
from tidemill.definitions.triggers.jobs import IMPLICIT_JOB
from tidemill.execution.launch import Request, prepare, world_of
from tidemill.home import Home
from tidemill.planning.graph import AssetGraph
from tidemill.server.models import (
    Checked,
    Code,
    ConfigCheck,
    FieldProblem,
    GraphNode,
    LaunchForm,
    Requested,
    RerunRequest,
    RunRequest,
)
from tidemill.server.snapshot import AssetInfo, Snapshot
from tidemill.storage.reading import ReadingStore


def snapshot_of(file: Path, folder: Path) -> Snapshot:
    """The definitions of a file."""
    code = CodeRef("file", str(file))
    # This process loads a file once; the server has a new one for each edit.
    for name in [
        name for name, module in sys.modules.items() if getattr(module, "__file__", "") == str(file)
    ]:
        del sys.modules[name]
    project = load_definitions(code).definitions.project()
    home = Home.open(folder)
    request = Request(IMPLICIT_JOB, code=code, root=file.parent)
    coding = prepare(project, request, world_of(project, home)).described(home).coding
    home.close()
    assert coding is not None
    graph = AssetGraph.build(project)
    nodes = {}
    for key in (*graph.sources, *graph.keys):
        spec = graph.spec(key)
        unit = graph.unit_of(key).name if graph.is_materializable(key) else None
        definition = coding.units[unit].partitions if unit is not None else None
        nodes[key.text] = GraphNode(
            key=key.text,
            group=(spec.group_name if spec is not None else None) or "default",
            unit=unit,
            deps=[parent.text for parent in graph.parents(key)],
            source=unit is None,
            checks=[check.name for check in graph.checks_for(key)],
            partitions=definition.get_num_partitions() if definition is not None else None,
        )
    return Snapshot(
        id=f"{file.stem}-{file.stat().st_mtime_ns}",
        code=str(code),
        root=str(file.parent),
        made_at=time.time_ns() // 1000,
        seconds=0.0,
        nodes=nodes,
        assets={key: AssetInfo() for key in nodes},
        units=coding.units,
        configs={},
        resources={},
        jobs=[],
        triggers=[],
    )


class CommandHost:
    """A `CodeHost` that runs what is asked for with the command line, in processes of their own."""

    def __init__(self, file: Path, folder: Path) -> None:
        self._file = file
        self._folder = folder
        self._told: list[Callable[[], None]] = []
        self._children: list[subprocess.Popen[bytes]] = []
        self._snapshot = snapshot_of(file, folder)

    @property
    def code(self) -> Code:
        return Code(status="ready", target=str(self._file), snapshot=self._snapshot.id)

    @property
    def snapshot(self) -> Snapshot | None:
        return self._snapshot

    def subscribe(self, told: Callable[[], None]) -> Callable[[], None]:
        self._told.append(told)
        return lambda: self._told.remove(told)

    def launch(self, request: RunRequest) -> Requested:
        words = ["materialize", "-f", str(self._file)]
        chosen = request.selection or ",".join(request.assets or ())
        if chosen:
            words += ["--select", chosen]
        if any(key not in ("ops", "resources") for key in request.config):
            problems = tuple((key, "is no part of a config") for key in request.config)
            raise InvalidConfigError("The config does not fit", subject=chosen, problems=problems)
        return self._start(*words)

    def rerun(self, run: str, request: RerunRequest) -> Requested:
        return self._start("rerun", run, "-f", str(self._file))

    def _start(self, *words: str) -> Requested:
        with_reads = ReadingStore(self._folder)
        before = {state.run.id for state in with_reads.runs()}
        child = subprocess.Popen(
            [*COMMAND, *words],
            cwd=self._file.parent,
            env=environment(self._file.parent, TIDEMILL_HOME=str(self._folder)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._children.append(child)
        try:
            while child.poll() is None or {state.run.id for state in with_reads.runs()} != before:
                for state in with_reads.runs(limit=3):
                    if state.run.id not in before:
                        return Requested(id=state.run.id, number=state.number)
                time.sleep(0.02)
        finally:
            with_reads.close()
        raise InvalidConfigError("The command refused", found=child.communicate()[0].decode())

    def form(self, selection: str | None, assets: list[str] | None, job: str | None) -> LaunchForm:
        return LaunchForm(assets=assets or list(self._snapshot.nodes), steps=1, units=[])

    def check(self, config: ConfigCheck) -> Checked:
        wrong = [key for key in config.config if key not in ("ops", "resources")]
        return Checked(problems=[FieldProblem(path=key, message="is no part of a config") for key in wrong])

    def reload(self) -> None:
        self._snapshot = snapshot_of(self._file, self._folder)
        for told in list(self._told):
            told()

    def close(self) -> None:
        for child in self._children:
            child.kill()
            child.communicate()


@contextmanager
def served(app: FastAPI, **headers: str) -> Iterator[httpx.Client]:
    """A client of the app, which is served on a port of its own as in real life."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="warning", lifespan="on", timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started or not thread.is_alive())
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=20) as client:
            yield client
    finally:
        app.state.service.streams.close()
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive(), "the server did not end"


def wait_until(is_so: Callable[[], Any], seconds: float = 20.0) -> Any:
    """What `is_so` gives, once it is true."""
    deadline = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.01)
    return found


class Watcher:
    """Reads server-sent events in a thread."""

    def __init__(self, client: httpx.Client, after: int | None = None, **query: int) -> None:
        self.got: list[tuple[str, str | None, Any]] = []
        self.at: list[float] = []
        headers = {} if after is None else {"last-event-id": str(after)}
        self._client = httpx.Client(base_url=client.base_url, timeout=60)
        self._ready = threading.Event()
        self._closing = False
        self._socket: Any = None
        self._thread = threading.Thread(target=self._read, args=(headers, query), daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    def _read(self, headers: dict[str, str], query: dict[str, int]) -> None:
        kind, place, data = "message", None, ""
        try:
            with self._client.stream("GET", "/api/events", headers=headers, params=query) as response:
                assert response.status_code == 200, response.read()
                self._socket = response.extensions["network_stream"].get_extra_info("socket")
                for line in response.iter_lines():
                    self._ready.set()
                    if self._closing:
                        return
                    name, _, value = line.partition(": ")
                    if name == "event":
                        kind = value
                    elif name == "id":
                        place = value
                    elif name == "data":
                        data = value
                    elif not line and data:
                        self.got.append((kind, place, json.loads(data)))
                        self.at.append(time.monotonic())
                        kind, place, data = "message", None, ""
        except httpx.HTTPError:
            return

    @property
    def places(self) -> list[int]:
        """The places of the facts that came."""
        return [int(place) for _, place, _ in self.got if place is not None]

    def states(self, key: str) -> list[str]:
        """Which states an asset was said to be in, in order."""
        told = [
            data["states"][key]["status"]
            for kind, _, data in self.got
            if kind == "states" and key in data["states"]
        ]
        return [status for index, status in enumerate(told) if not index or told[index - 1] != status]

    def close(self) -> None:
        """Leave."""
        self._closing = True
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._client.close()
