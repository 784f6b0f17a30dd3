"""What a page sees as it happens, whoever makes it happen: facts once each, changing states, growing logs."""

from __future__ import annotations

import os
import random
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from command_line import tidemill, write
from serving import CommandHost, Watcher, served, wait_until

from tidemill.core.events import Event, RunCreated, RunStarted, RunSucceeded, StepStarted, StepSucceeded
from tidemill.core.keys import AssetKey
from tidemill.core.records import PlannedStep, Run
from tidemill.server.app import create_app
from tidemill.server.live import streaming
from tidemill.storage import Store

PIPELINE = """
import os, time
from tidemill import asset

@asset
def raw():
    return 1

@asset
def slow(raw):
    for step in range(3):
        print(f"step {step}", flush=True)
        time.sleep(0.2)
    while os.path.exists("hold"):
        time.sleep(0.05)
    if os.path.exists("broken"):
        raise ValueError("it is broken")
    return raw + 1
"""


class Project:
    """A project with its server."""

    def __init__(self, folder: Path, client: httpx.Client, host: CommandHost) -> None:
        self.folder = folder
        self.home = folder / ".tidemill"
        self.client = client
        self.host = host

    def states(self) -> dict[str, Any]:
        return dict(self.client.get("/api/states").json()["states"])

    def materialize(self, *words: str) -> int:
        where = {"TIDEMILL_HOME": str(self.home)}
        return tidemill(self.folder, "materialize", "-f", "pipeline.py", *words, **where).code

    def launch(self, selection: str) -> int:
        asked = self.client.post("/api/runs", json={"selection": selection})
        assert asked.status_code == 201, asked.text
        return int(asked.json()["number"])

    def status(self, run: int) -> str:
        return str(self.client.get(f"/api/run/{run}").json()["status"])


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    file = write(tmp_path, "pipeline.py", PIPELINE)
    host = CommandHost(file, tmp_path / ".tidemill")
    with served(create_app(tmp_path / ".tidemill", host)) as client:
        yield Project(tmp_path, client, host)
    host.close()


def steps(run_id: str, count: int) -> list[Event]:
    """A run of many steps."""
    planned = tuple(PlannedStep(f"s{n}", (AssetKey(f"s{n}"),)) for n in range(count))
    begun: list[Event] = [RunCreated(1, Run(run_id, "job", 1, {}, steps=planned)), RunStarted(2)]
    for n in range(count):
        begun += [StepStarted(3, f"s{n}"), StepSucceeded(4, f"s{n}", 1)]
    return [*begun, RunSucceeded(5)]


def test_a_run_of_a_command_elsewhere_is_watched_to_its_end(project: Project) -> None:
    assert {key: state["status"] for key, state in project.states().items()} == {
        "raw": "missing",
        "slow": "missing",
    }
    watcher = Watcher(project.client)
    assert project.materialize() == 0
    wait_until(lambda: watcher.states("slow")[-1:] == ["fresh"])
    assert watcher.states("slow")[-2:] == ["running", "fresh"]
    assert watcher.places == sorted(set(watcher.places))
    kinds = [data["kind"] for kind, _, data in watcher.got if kind == "event"]
    assert (kinds[0], kinds[-1]) == ("run_created", "run_succeeded")
    watcher.close()


def test_a_failure_shows_and_a_run_again_makes_it_good(project: Project) -> None:
    (project.folder / "broken").touch()
    watcher = Watcher(project.client)
    failed = project.launch("*")
    wait_until(lambda: watcher.states("slow")[-1:] == ["failed"])
    assert project.states()["slow"]["run"] == failed
    assert project.states()["raw"]["status"] == "fresh"
    (project.folder / "broken").unlink()
    wait_until(lambda: project.status(failed) == "failed")
    again = project.client.post(f"/api/run/{failed}/rerun", json={"part": "failure"})
    assert again.status_code == 201, again.text
    wait_until(lambda: project.states()["slow"]["status"] == "fresh")
    assert project.client.get(f"/api/run/{failed}").json()["children"] == [again.json()["number"]]
    watcher.close()


def test_a_run_is_canceled(project: Project) -> None:
    (project.folder / "hold").touch()
    run = project.launch("*")
    wait_until(lambda: project.states()["slow"]["status"] == "running")
    asked = project.client.post(f"/api/run/{run}/cancel", json={})
    assert (asked.status_code, asked.json()["number"]) == (202, run)
    wait_until(lambda: project.status(run) == "canceled")
    wait_until(lambda: project.states()["slow"]["status"] == "missing")
    over = project.client.post(f"/api/run/{run}/cancel", json={})
    assert (over.status_code, over.json()["why"]) == (200, "it is over: canceled")


def test_a_run_whose_process_was_killed_is_ended_by_the_server(project: Project) -> None:
    (project.folder / "hold").touch()
    run = project.launch("*")
    wait_until(lambda: project.states()["slow"]["status"] == "running")
    child = project.host._children[-1]
    os.kill(child.pid, signal.SIGKILL)
    wait_until(lambda: project.status(run) == "failed", 30)
    wait_until(lambda: project.states()["slow"]["status"] == "failed")


def test_a_log_comes_as_it_is_written(project: Project) -> None:
    (project.folder / "hold").touch()
    run = project.launch("*")
    wait_until(lambda: project.states()["slow"]["status"] == "running")
    got: list[str] = []
    while len(got) < 3:
        page = project.client.get(
            f"/api/run/{run}/log", params={"step": "slow", "start": len(got), "wait": 10}
        ).json()
        assert not page["closed"]
        got += [line["text"] for line in page["items"]]
    assert got == ["step 0", "step 1", "step 2"]
    began = time.monotonic()
    empty = project.client.get(f"/api/run/{run}/log", params={"step": "slow", "start": 3, "wait": 0.5}).json()
    assert (empty["items"], empty["closed"]) == ([], False)
    assert time.monotonic() - began >= 0.4
    (project.folder / "hold").unlink()
    wait_until(lambda: project.status(run) == "succeeded")
    assert project.client.get(f"/api/run/{run}/log", params={"step": "slow", "start": 3, "wait": 10}).json()[
        "closed"
    ]


def test_edited_code_is_a_new_graph_and_the_code_is_told(project: Project) -> None:
    assert project.materialize() == 0
    watcher = Watcher(project.client)
    edited = PIPELINE.replace("return raw + 1", "return raw + 2") + "\n@asset\ndef third(slow): return slow\n"
    write(project.folder, "pipeline.py", edited)
    before = project.client.get("/api/graph").json()["snapshot"]
    assert project.client.post("/api/code/reload", json={}).status_code == 202
    wait_until(lambda: project.client.get("/api/graph").json()["snapshot"] != before)
    wait_until(lambda: watcher.states("third")[-1:] == ["missing"])
    wait_until(lambda: watcher.states("slow")[-1:] == ["stale"])
    codes = [data["snapshot"] for kind, _, data in watcher.got if kind == "code"]
    assert codes[0] == before
    assert codes[-1] != before
    watcher.close()


def test_a_run_says_what_has_become_of_its_code(project: Project) -> None:
    assert project.materialize() == 0
    before = project.client.get("/api/run/1").json()
    assert (before["changed"], before["gone"]) == ([], [])
    edited = PIPELINE.replace("return raw + 1", "return raw + 2").replace("raw", "fresh_name")
    write(project.folder, "pipeline.py", edited)
    assert project.client.post("/api/code/reload", json={}).status_code == 202
    wait_until(lambda: project.client.get("/api/run/1").json()["gone"] == ["raw"])
    assert project.client.get("/api/run/1").json()["changed"] == ["slow"]


def test_a_failed_run_says_that_what_failed_was_edited_since(project: Project) -> None:
    write(project.folder, "pipeline.py", PIPELINE.replace("return raw + 1", "return raw + None"))
    assert project.client.post("/api/code/reload", json={}).status_code == 202
    assert project.materialize() == 1
    assert project.client.get("/api/run/1").json()["changed"] == []
    write(project.folder, "pipeline.py", PIPELINE)
    assert project.client.post("/api/code/reload", json={}).status_code == 202
    wait_until(lambda: project.client.get("/api/run/1").json()["changed"] == ["slow"])
    again = project.client.post("/api/run/1/rerun", json={})
    assert again.status_code == 201, again.text
    assert project.client.get(f"/api/run/{again.json()['number']}").json()["parent_number"] == 1


def test_who_reconnects_gets_each_fact_exactly_once(tmp_path: Path) -> None:
    chance = random.Random(5)
    app = create_app(tmp_path)
    with served(app) as client, Store.open(tmp_path) as store:
        got: list[int] = []
        for turn in range(6):
            watcher = Watcher(client, after=got[-1] if got else 0)
            store.append(f"run-{turn}", steps(f"run-{turn}", 300))
            wanted = chance.randrange(1, 400)
            wait_until(lambda watcher=watcher, wanted=wanted: len(watcher.places) >= wanted)
            watcher.close()
            got += watcher.places
        last = store.newest_event()
        watcher = Watcher(client, after=got[-1])
        wait_until(lambda: not watcher.places or watcher.places[-1] == last)
        wait_until(lambda: (got + watcher.places)[-1] == last)
        assert got + watcher.places == list(range(1, last + 1))
        watcher.close()


def test_a_reader_far_behind_reads_from_the_store_and_misses_nothing(tmp_path: Path) -> None:
    with served(create_app(tmp_path)) as client, Store.open(tmp_path) as store:
        for turn in range(4):
            store.append(f"run-{turn}", steps(f"run-{turn}", 1_000))  # more than is kept
        last = store.newest_event()
        watcher = Watcher(client, after=0)
        wait_until(lambda: watcher.places[-1:] == [last], 60)
        assert watcher.places == list(range(1, last + 1))
        watcher.close()


def test_who_comes_with_an_old_revision_is_told_every_state(project: Project) -> None:
    assert project.materialize("--select", "raw") == 0
    wait_until(lambda: project.states()["raw"]["status"] == "fresh")
    watcher = Watcher(project.client, revision=0)
    wait_until(lambda: watcher.states("raw") == ["fresh"] and watcher.states("slow") == ["missing"])
    watcher.close()


def test_a_fact_is_there_soon_after_its_commit(tmp_path: Path) -> None:
    with served(create_app(tmp_path)) as client, Store.open(tmp_path) as store:
        watcher = Watcher(client)
        took = []
        for turn in range(15):
            seen = len(watcher.places)
            began = time.monotonic()
            store.append(f"run-{turn}", steps(f"run-{turn}", 1))
            wait_until(lambda seen=seen: len(watcher.places) > seen)
            took.append(watcher.at[-1] - began)
            time.sleep(0.03)
        took.sort()
        assert took[len(took) // 2] < 0.15, took
        watcher.close()


def test_no_more_may_watch_than_are_allowed(tmp_path: Path) -> None:
    with served(create_app(tmp_path, most_streams=2)) as client:
        watchers = [Watcher(client), Watcher(client)]
        refused = client.get("/api/events")
        assert refused.status_code == 503
        assert refused.json()["expected"] == "at most 2"
        watchers.pop().close()
        wait_until(lambda: app_streams(client) < 2)
        third = Watcher(client)
        for watcher in (*watchers, third):
            watcher.close()


def app_streams(client: httpx.Client) -> int:
    """How many watch: one less than are refused."""
    with client.stream("GET", "/api/events") as answer:
        return 2 if answer.status_code == 503 else 1


def test_a_client_that_does_not_read_costs_no_memory_and_holds_up_nobody(tmp_path: Path) -> None:
    app = create_app(tmp_path)
    with served(app) as client, Store.open(tmp_path) as store:
        stuck = socket.create_connection(("127.0.0.1", client.base_url.port))
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.sendall(b"GET /api/events?after=0 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        watcher = Watcher(client, after=0)
        before = memory()
        for turn in range(10):
            store.append(f"run-{turn}", steps(f"run-{turn}", 1_000))
        last = store.newest_event()
        wait_until(lambda: watcher.places[-1:] == [last], 60)
        feed = app.state.service.feed
        assert sum(len(sent.data) for sent in feed._ring) <= 2_000_000
        assert memory() - before < 150
        stuck.close()
        watcher.close()


def memory() -> float:
    """Megabytes of this process, which has the server in it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


def test_an_event_id_that_is_no_place_is_refused(tmp_path: Path) -> None:
    with served(create_app(tmp_path)) as client:
        assert client.get("/api/events", headers={"last-event-id": "'; DROP"}).status_code == 422


def test_a_stream_says_that_the_server_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "HEARTBEAT", 0.1)
    with served(create_app(tmp_path)) as client, client.stream("GET", "/api/events") as answer:
        lines = answer.iter_lines()
        comments = 0
        while comments < 3:
            comments += next(lines) == ":"


def test_who_takes_too_long_is_dropped_and_the_others_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "STALLED", 0.3)
    app = create_app(tmp_path)
    with served(app) as client, Store.open(tmp_path) as store:
        stuck = socket.create_connection(("127.0.0.1", client.base_url.port))
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.sendall(b"GET /api/events?after=0 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        watcher = Watcher(client, after=0)
        streams = app.state.service.streams
        wait_until(lambda: streams.open == 2)
        for turn in range(15):
            store.append(f"run-{turn}", steps(f"run-{turn}", 1_000))
        last = store.newest_event()
        wait_until(lambda: streams.open == 1, 60)
        wait_until(lambda: watcher.places[-1:] == [last], 60)
        assert watcher.places == list(range(1, last + 1))
        stuck.close()
        watcher.close()
