"""`tidemill dev` and `tidemill server` as processes: what they print, who may ask, and what is left when they end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import COMMAND, environment, tidemill, write
from processes_line import eventually, is_gone, processes_of, told

PIPELINE = """
import time
from pathlib import Path
from tidemill import asset

HERE = Path(__file__).parent

@asset
def quick():
    return 0.5

@asset
def slow():
    (HERE / "began").touch()
    while not (HERE / "go").exists():
        time.sleep(0.01)
"""
SLOW_IMPORT = "import time\ntime.sleep(600)\n"


class Served:
    """A server that runs.

    Args:
        folder: The user's.
        process: Of the command.
        address: What it printed.
    """

    def __init__(self, folder: Path, process: subprocess.Popen[str], address: str) -> None:
        self.folder = folder
        self.process = process
        self.address = address

    def ask(self, path: str, body: object = None, **headers: str) -> Any:
        """An answer of the API."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.address}{path}", data, {"content-type": "application/json", **headers}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def ready(self) -> Any:
        """The server once the code is loaded."""
        return eventually(lambda: (found := self.ask("api/server"))["code"]["status"] == "ready" and found)

    def run_slow(self) -> int:
        """A run that goes on."""
        self.ready()
        number = self.ask("api/runs", {"assets": ["slow"]})["number"]
        assert eventually((self.folder / "began").exists)
        return int(number)


@contextlib.contextmanager
def served(folder: Path, *words: str, **changes: str) -> Iterator[Served]:
    """A command that serves, to the end of the block."""
    process = subprocess.Popen(
        [*COMMAND, *words],
        cwd=folder,
        env=environment(folder, TIDEMILL_GRACE="0.5", **changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("Tidemill is at http://"), (line, process.stderr and process.stderr.read())
        yield Served(folder, process, line.split()[3])
    finally:
        for pid in [process.pid, *processes_of(folder)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.communicate()


@pytest.fixture
def dev(tmp_path: Path) -> Iterator[Served]:
    write(tmp_path, "p.py", PIPELINE)
    with served(tmp_path, "dev", "-f", "p.py", "--port", "0", "--no-open") as server:
        yield server


def test_the_page_answers_while_the_code_is_imported(tmp_path: Path) -> None:
    write(tmp_path, "p.py", SLOW_IMPORT)
    with served(tmp_path, "dev", "-f", "p.py", "--port", "0", "--no-open") as server:
        assert server.ask("api/server")["code"]["status"] == "loading"
        with urllib.request.urlopen(server.address) as page:
            assert page.headers["content-type"].startswith("text/html")
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(20) == 0
        assert eventually(lambda: is_gone(tmp_path))


def test_a_run_from_the_page_makes_versions_that_the_page_shows(dev: Served) -> None:
    dev.ready()
    number = dev.ask("api/runs", {"assets": ["quick"]})["number"]
    assert eventually(lambda: dev.ask(f"api/run/{number}")["status"] == "succeeded")
    assert eventually(lambda: dev.ask("api/states")["states"]["quick"]["value"] == "0.5")
    version = dev.ask("api/asset/versions/1?key=quick")
    assert version["preview"] == {"kind": "scalar", "type": "float", "summary": "0.5", "value": 0.5}


def test_an_edit_changes_the_graph(dev: Served) -> None:
    dev.ready()
    write(dev.folder, "p.py", PIPELINE.replace("def quick", "def fast"))
    assert eventually(lambda: [node["key"] for node in dev.ask("api/graph")["nodes"]] == ["fast", "slow"])
    write(dev.folder, "p.py", "raise ValueError('no')\n")
    code = eventually(lambda: (c := dev.ask("api/server")["code"])["status"] == "broken" and c)
    assert "ValueError: no" in code["traceback"]
    with pytest.raises(urllib.error.HTTPError) as refused:
        dev.ask("api/runs", {"assets": ["fast"]})
    assert "cannot be loaded" in json.load(refused.value)["problem"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_cancels_runs_and_leaves_nothing(dev: Served, number: signal.Signals) -> None:
    run = dev.run_slow()
    dev.process.send_signal(number)
    assert dev.process.wait(20) == 0
    assert eventually(lambda: is_gone(dev.folder))
    with told(dev.folder) as store:
        assert store.run(run).status == "canceled"


def test_a_server_that_is_killed_leaves_nothing(dev: Served) -> None:
    run = dev.run_slow()
    assert len(processes_of(dev.folder)) >= 5  # itself, the bench, the driver, the nursery, a worker
    dev.process.kill()
    assert eventually(lambda: is_gone(dev.folder))
    with told(dev.folder) as store:
        assert store.run(run).status == "canceled"


def test_a_port_in_use_is_told_with_what_to_do(tmp_path: Path) -> None:
    write(tmp_path, "p.py", PIPELINE)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = tidemill(tmp_path, "dev", "-f", "p.py", "--port", str(port), "--no-open")
    assert done.code == 2
    assert f"Port {port} of 127.0.0.1 is in use" in done.err
    assert "--port 0" in done.err
    assert eventually(lambda: is_gone(tmp_path))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["-f", "nowhere.py"], "There is no file"),
        (["-f", "p.py", "--port", "http"], "--port cannot be 'http'"),
        (["-f", "p.py", "--host", "0.0.0.0"], "has no token"),
        (["-f", "p.py", "--host", "192.0.2.1", "--token"], "cannot listen"),
        ([], "Which definitions?"),
    ],
)
def test_what_cannot_be_served_is_refused(tmp_path: Path, words: list[str], says: str) -> None:
    write(tmp_path, "p.py", PIPELINE)
    done = tidemill(tmp_path, "dev", *words, "--no-open")
    assert done.code == 2
    assert says in done.err
    assert done.out == ""
    assert eventually(lambda: is_gone(tmp_path))


def test_a_token_is_asked_for_where_there_is_one(tmp_path: Path) -> None:
    write(tmp_path, "p.py", PIPELINE)
    with served(tmp_path, "dev", "-f", "p.py", "--port", "0", "--no-open", "--token") as server:
        address, _, token = server.address.partition("?token=")
        server.address = address
        with pytest.raises(urllib.error.HTTPError, match="401"):
            server.ask("api/server")
        assert server.ask("api/server", authorization=f"Bearer {token}")["read_only"] is False


def test_a_further_name_is_let_in_where_it_was_allowed(tmp_path: Path) -> None:
    write(tmp_path, "p.py", PIPELINE)
    words = ["server", "-f", "p.py", "--port", "0", "--allow-host", "mill.example"]
    with served(tmp_path, *words) as server:
        assert server.ask("api/server", host="mill.example")["read_only"] is False
        with pytest.raises(urllib.error.HTTPError, match="403"):
            server.ask("api/server", host="other.example")


def test_a_server_without_code_shows_what_was_last_loaded(tmp_path: Path) -> None:
    write(tmp_path, "p.py", PIPELINE)
    with served(tmp_path, "server", "-f", "p.py", "--port", "0") as server:
        server.ready()
    (tmp_path / "p.py").unlink()
    with served(tmp_path, "server", "--read-only", "--port", "0") as server:
        found = server.ask("api/server")
        assert (found["read_only"], found["code"]["status"]) == (True, "none")
        assert [node["key"] for node in server.ask("api/graph")["nodes"]] == ["quick", "slow"]
        with pytest.raises(urllib.error.HTTPError):
            server.ask("api/runs", {})
    contradiction = tidemill(tmp_path, "server", "--read-only", "-f", "p.py")
    assert contradiction.code == 2
    assert "contradict" in contradiction.err


def test_the_server_process_never_has_the_code(dev: Served) -> None:
    dev.run_slow()
    maps = Path(f"/proc/{dev.process.pid}/maps").read_text()
    assert "numpy" not in maps
    (dev.folder / "go").touch()
    time.sleep(0)  # the run ends by itself, or with the server
