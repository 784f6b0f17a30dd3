"""A server that a tool needs: started once, and stopped by a signal whenever another tool is measured."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.peers.tools import Server

START_SECONDS = 120


class PausedServer:
    """A running server that takes no processor time, except in `awake`."""

    def __init__(self, server: Server, environment: Mapping[str, str], log: Path) -> None:
        self.port = _free_port()
        self._server = server
        start = time.perf_counter()
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                shlex.split(server.command.format(port=self.port)),
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            _wait_until(self._answers)
        except TimeoutError:
            self.close()
            raise RuntimeError(f"{server.command} does not answer:\n{log.read_text()}") from None
        self.seconds_to_start = time.perf_counter() - start
        time.sleep(server.rest)
        self._signal(signal.SIGSTOP)

    @contextmanager
    def awake(self) -> Iterator[None]:
        """The server runs; afterwards it gets the time to write down what it was told."""
        self._signal(signal.SIGCONT)
        try:
            yield
        finally:
            time.sleep(self._server.rest)
            self._signal(signal.SIGSTOP)

    def close(self) -> None:
        """End it, and wait until it has ended."""
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait()

    def _answers(self) -> bool:
        if self._process.poll() is not None:
            return False
        try:
            with urllib.request.urlopen(self._server.ready.format(port=self.port), timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def _signal(self, number: signal.Signals) -> None:
        # It may have children, which are of its session.
        if self._process.poll() is None:
            os.killpg(self._process.pid, number)


def _wait_until(answered: Callable[[], bool]) -> None:
    end = time.monotonic() + START_SECONDS
    while not answered():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
