"""A browser and a server to look at the page with: for browser tests, screenshots and measurements.

    served(folder, file) ── tidemill dev --no-open --port 0 ──▶ address ◀── page ── launched(): the system's Chromium

Playwright comes with the extra `dev`, without a browser: what drives the page is the Chromium of the machine.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from bundle import Bundle

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[1]
VARIABLE = "TIDEMILL_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW_TO_INSTALL = "apt-get install chromium"
SIZE = {"width": 1280, "height": 720}
# Chromium asks hosts of its maker's for news, and goes on asking where it cannot reach them: not in a test.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
ADDRESS = re.compile(r"Tidemill is at (http://\S+)")
PATIENCE = 60.0
"""Seconds that a server may take to come up, and to end: a machine may be busy."""


def chromium() -> str | None:
    """The program that `TIDEMILL_CHROMIUM` names, else the first that the path has; None without one."""
    named = os.environ.get(VARIABLE)
    return shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)


def missing() -> str | None:
    """What must be there before the page can be looked at and is not, with what to do; None when all is."""
    if chromium() is None:
        named = os.environ.get(VARIABLE)
        what = f"{VARIABLE} names {named}, which cannot be run" if named else "Chromium is missing"
        return f"{what}; Debian, Ubuntu: {HOW_TO_INSTALL}; elsewhere {VARIABLE}=/path/to/chromium"
    if not Bundle(ROOT).is_fresh():
        return "the page is not built from the sources that are there; where the npm registry can be reached: make ui"
    return None


@contextlib.contextmanager
def launched(*more: str) -> Iterator[Browser]:
    """A browser, to the end of the block; `more` are flags of it beside ours.

    Raises:
        RuntimeError: Something is missing: the text says what to do.
    """
    from playwright.sync_api import sync_playwright

    if (lacking := missing()) is not None:
        raise RuntimeError(lacking)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, *more])
        try:
            yield browser
        finally:
            browser.close()


class Served(NamedTuple):
    """A server of a page with a file of somebody's behind it.

    Attributes:
        address: Of the page, with a slash at the end.
        folder: Where the process runs; its store is `.tidemill`.
        file: With the definitions.
        process: It.
    """

    address: str
    folder: Path
    file: Path
    process: subprocess.Popen[bytes]

    def at(self, path: str) -> str:
        """The address of a page or a route: `at("/runs")`."""
        return self.address.rstrip("/") + path

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """What a route answers; a POST where there is a body.

        Raises:
            RuntimeError: It refused; with what it said.
        """
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.at(path), data, {"content-type": "application/json"})
        try:
            with urlopen(request, timeout=PATIENCE) as answer:
                return json.load(answer)
        except HTTPError as refused:
            raise RuntimeError(f"{path}: {refused.code} {refused.read().decode()}") from None

    def ready(self, change: Callable[[], object] | None = None) -> str:
        """Wait until the code is loaded, after a change of it where one is given; the id of its snapshot.

        Raises:
            RuntimeError: It cannot be loaded, or takes too long.
        """
        before = None if change is None else self.ready()
        if change is not None:
            change()
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            code = self.ask("/api/server")["code"]
            if code["status"] == "broken":
                raise RuntimeError(f"the code is broken:\n{code['traceback']}")
            shown = self.ask("/api/graph")["snapshot"]
            if code["status"] == "ready" and code["snapshot"] == shown and shown != before:
                return str(shown)
            time.sleep(0.02)
        raise RuntimeError("the code is not loaded yet")

    def run(self, **request: Any) -> int:
        """Ask for a run of what is told (`RunRequest`), and wait for its end; its number."""
        self.ready()
        return self.ended(self.ask("/api/runs", request)["number"])

    def ended(self, number: int) -> int:
        """Wait for the end of a run.

        Raises:
            RuntimeError: It takes too long.
        """
        deadline = time.monotonic() + 2 * PATIENCE
        while time.monotonic() < deadline:
            if not self.ask(f"/api/run/{number}")["live"]:
                return number
            time.sleep(0.02)
        raise RuntimeError(f"run {number} has not ended yet")


def environment(folder: Path, **changes: str) -> dict[str, str]:
    """Of a user who has set nothing up but what is named in `changes`, and runs the sources beside this file."""
    ours = ("TIDEMILL_", "PYTHONWARNINGS", "NO_COLOR")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
    paths = filter(None, (str(ROOT / "src"), os.environ.get("PYTHONPATH")))
    return {**kept, "HOME": str(folder), "PYTHONUTF8": "1", "PYTHONPATH": os.pathsep.join(paths), **changes}


@contextlib.contextmanager
def served(folder: Path, file: Path, *words: str, **changes: str) -> Iterator[Served]:
    """`tidemill dev` on a file, to the end of the block; then it is ended as Ctrl-C would.

    Args:
        folder: Where it runs, and where its store is made.
        file: With the definitions.
        words: More of the command line.
        changes: Of its environment.

    Raises:
        RuntimeError: It did not come up, or it did not end well; with all that it printed.
    """
    command = [
        sys.executable,
        "-P",
        "-m",
        "tidemill.cli",
        "dev",
        "-f",
        str(file),
        "--no-open",
        "--port",
        "0",
        *words,
    ]
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, cwd=folder, env=environment(folder, **changes), stdout=subprocess.PIPE, stderr=errors
        )
        assert process.stdout is not None
        with process.stdout:
            try:
                yield Served(_address(process, process.stdout, errors), folder, file, process)
            finally:
                code = _ended(process)
        if code != 0:
            raise RuntimeError(f"tidemill dev ended with {code}:\n{_read(errors)}")


def _address(process: subprocess.Popen[bytes], out: IO[bytes], errors: IO[bytes]) -> str:
    """Read what it prints until it has said where it is."""
    printed, deadline = "", time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if not select.select([out], [], [], 0.1)[0]:
            continue
        chunk = os.read(out.fileno(), 65_536)
        printed += chunk.decode(errors="replace")
        if (found := ADDRESS.search(printed)) is not None:
            return found[1]
        if not chunk:
            break
    raise RuntimeError(f"tidemill dev did not come up ({process.poll()}):\n{printed}\n{_read(errors)}")


def _ended(process: subprocess.Popen[bytes]) -> int:
    """End it: kindly, then not."""
    process.send_signal(signal.SIGINT)
    try:
        return process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _read(file: IO[Any]) -> str:
    file.seek(0)
    return str(file.read().decode(errors="replace"))
