"""A Hacker News that lives in this process: a small HTTP server, and what leads requests to it.

    user code ── requests.get("https://hacker-news.firebaseio.com/v0/…") ──▶ Detour ──▶ 127.0.0.1:port

`running(items)` serves items; `mount(port)` makes every session that is created afterwards take the detour,
and `detour_folder(folder, port)` does the same for a child process that has the folder on its PYTHONPATH.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

if TYPE_CHECKING:  # a child process that takes the detour needs no pytest
    import pytest

HOST = "https://hacker-news.firebaseio.com"


class HackerNewsServer(ThreadingHTTPServer):
    """Serves items at the addresses of the real API, and remembers what it was asked.

    Attributes:
        items: Number → item, or None for a deleted one; other numbers are null too.
        asked: Path of each request, in order of arrival.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, items: Mapping[int, dict[str, Any] | None], newest: int | None = None) -> None:
        self.items = items
        self.newest = max(items, default=0) if newest is None else newest
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), _Answers)

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Answers(BaseHTTPRequestHandler):
    server: HackerNewsServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        self.server.asked.append(path)
        answer: Any = None
        if path == "/v0/maxitem.json":
            answer = self.server.newest
        elif path.startswith("/v0/item/"):
            answer = self.server.items.get(int(path.removeprefix("/v0/item/").removesuffix(".json")))
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Quiet."""


@contextmanager
def running(
    items: Mapping[int, dict[str, Any] | None], newest: int | None = None
) -> Iterator[HackerNewsServer]:
    """A server, as long as the block lasts."""
    server = HackerNewsServer(items, newest)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Detour(HTTPAdapter):
    """Sends what is meant for the real host to a port of this machine; port 0 stands for no network."""

    def __init__(self, port: int) -> None:
        self.port = port
        super().__init__()

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        if not self.port:
            raise requests.ConnectionError(f"no way to {HOST} in this test", request=request)
        assert request.url is not None
        request.url = request.url.replace(HOST, f"http://127.0.0.1:{self.port}", 1)
        return super().send(request, *arguments, **options)


def mount(port: int, patch: pytest.MonkeyPatch | None = None) -> None:
    """Let every session created from now on take the detour for the real host, and no other."""
    original = requests.Session.__init__

    def with_detour(session: requests.Session) -> None:
        original(session)
        session.mount(HOST, Detour(port))

    (patch.setattr if patch is not None else setattr)(requests.Session, "__init__", with_detour)


def detour_folder(folder: Path, port: int) -> Path:
    """A folder that, on the PYTHONPATH of a child process, has it take the detour."""
    folder.mkdir()
    lines = [
        "import sys",
        f"sys.path.append({str(Path(__file__).parent)!r})",
        "import hn_server",
        f"hn_server.mount({port})",
    ]
    (folder / "sitecustomize.py").write_text("\n".join(lines) + "\n")
    return folder


def items_of(stories: Any, comments_between: int = 2) -> dict[int, dict[str, Any] | None]:
    """Stories of a table as the live API numbers them: with comments, jobs and deleted items between them."""
    items: dict[int, dict[str, Any] | None] = {}
    number = 9_000_000
    for row in stories.to_dict("records"):
        for _ in range(comments_between):
            number += 1
            items[number] = {
                "id": number,
                "type": "comment",
                "by": "somebody",
                "text": "!",
                "time": int(row["time"]),
            }
        number += 1
        story = {name: value for name, value in row.items() if isinstance(value, (str, int))}
        items[number] = {**story, "id": number}
    items[number - 3] = None
    items[number - 6] = {"id": number - 6, "type": "story", "deleted": True, "time": 0}
    items[number - 9] = {
        "id": number - 9,
        "type": "job",
        "title": "We hire",
        "by": "us",
        "score": 1,
        "time": 0,
    }
    return items


def run_tidemill(*arguments: str, folder: Path, detour: Path | None = None, **environment: str) -> str:
    """What the command line prints to stdout; the run must succeed."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TIDEMILL_")}
    path = {"PYTHONPATH": str(detour)} if detour else {}
    done = subprocess.run(
        [sys.executable, "-m", "tidemill.cli", *arguments],
        cwd=folder,
        env=inherited | path | {"TIDEMILL_HOME": str(folder / ".tidemill")} | environment,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
