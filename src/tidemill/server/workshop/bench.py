"""The process with the user's code: imports it, says what came of it, and from then on only forks.

    server ──load──▶ bench ──loaded │ broken──▶ server
    server ──serve──▶ bench ─fork─▶ one process for one question: launch, rerun, form, check
    server ──retire──▶ no more questions: it ends with its last run
    server ──end, or is gone──▶ runs are asked to end, and killed where they do not      server ──kill──▶ at once

It calls nothing of the code that it has imported, so that it can be forked at any time. Where the code started threads
while it was imported it cannot: then a run is an interpreter of its own, which imports for itself.

What it needs beyond the import itself is imported meanwhile where it has to wait (a `spare`), and after the user's code
where somebody waits for that.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tidemill.core.processes import die_with, fork, outlive_parent
from tidemill.core.records import CodeRef
from tidemill.core.settings import Settings
from tidemill.server.workshop import wire
from tidemill.server.workshop.ending import become, finish
from tidemill.server.workshop.importing import import_code

if TYPE_CHECKING:
    from tidemill.server.workshop.launching import Stock
    from tidemill.server.workshop.loading import Load

MARGIN = 2.0
"""Seconds beyond the grace time for a driver to record the end of its run."""

SOON = 5.0
"""Seconds for a question to arrive on its connection."""

LOOKS = frozenset({"form", "check"})

OWN_PATH = tuple(sys.path)
"""Where this interpreter looks for modules, before it is told where the user's are."""

STANDARD = str(Path(os.__file__).parent)


class Bench:
    """The loop.

    Args:
        control: To the server.
    """

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._load_document: wire.Document = {}
        self._stock: Stock | None = None
        self._settings: Settings | None = None
        self._children: set[int] = set()
        self._retired = False
        self._deadline: float | None = None

    def run(self) -> None:
        """Serve until the server is gone, or until the last run has ended where there will be no more."""
        waking, woken = socket.socketpair()
        for end in (waking, woken):
            end.setblocking(False)
        signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _, __: None)
        listening = True
        while (listening and not self._retired) or self._children:
            ends = [waking, *([self._control] if listening else [])]
            readable, _, _ = select.select(ends, [], [], self._patience())
            if waking in readable:
                with contextlib.suppress(BlockingIOError):
                    waking.recv(4096)
            self._reap()
            if self._control in readable:
                listening = self._serve()
            if self._deadline is not None and time.monotonic() > self._deadline:
                self._signal(signal.SIGKILL)
                self._deadline = None

    def _patience(self) -> float | None:
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    def _serve(self) -> bool:
        """Do what the server says; False where it is gone."""
        heard = wire.hear(self._control)
        if heard is None:
            self._end_runs()
            return False
        document, descriptors = heard
        try:
            if document["do"] == "end":
                self._end_runs()
            elif document["do"] == "kill":
                self._signal(signal.SIGKILL)
            elif document["do"] == "load":
                with socket.socket(fileno=os.dup(descriptors[0])) as connection:
                    self._load(connection)
            elif document["do"] == "retire":
                self._retired = True
            elif document["do"] == "serve":
                self._answer(*descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return True

    def _load(self, connection: socket.socket) -> None:
        document = wire.receive(connection)
        if document is None:
            return
        self._load_document = document
        found, self._settings = load_of(document)
        self._stock = found.stock
        outlive_parent()  # from now on this loop sees that the server is gone
        with contextlib.suppress(OSError):
            wire.send(connection, told(found))
        answering()  # before the first question, so that whatever is forked has it

    # Questions

    def _answer(self, connection: int, output: int) -> None:
        """Have a process of its own answer on a connection."""
        if self._stock is not None and self._stock.loaded.imports.threads:
            self._answer_unforked(self._stock, connection, output)
            return
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        pid = fork()
        if pid:
            self._children.add(pid)
            return
        try:
            self._control.close()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            die_with(parent, signal.SIGTERM)  # a driver records that its run was canceled
            become(output)
            with socket.socket(fileno=os.dup(connection)) as end:
                os.close(connection)
                question = wire.receive(end)
                if question is not None:
                    answering()(self._stock, question, end)
        finally:
            finish()

    def _answer_unforked(self, stock: Stock, connection: int, output: int) -> None:
        """The same where this process cannot be forked, because threads of the user's code would be missing.

        What only looks is answered here; a run is a new interpreter.
        """
        with socket.socket(fileno=os.dup(connection)) as end:
            end.settimeout(SOON)
            question = None
            with contextlib.suppress(TimeoutError):
                question = wire.receive(end)
            if question is None:
                return
            end.settimeout(None)
            if question["ask"] in LOOKS:
                answering()(stock, question, end)
                return
        process = subprocess.Popen(
            [
                sys.executable,
                "-P",
                "-m",
                "tidemill.server.workshop.bench",
                "once",
                str(connection),
                str(os.getpid()),
            ],
            pass_fds=[connection],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
        )
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError), process.stdin as asked:
            asked.write(json.dumps([self._load_document, question]).encode())
        process.returncode = 0  # this loop reaps it; Popen must not
        self._children.add(process.pid)

    # The end

    def _reap(self) -> None:
        for pid in tuple(self._children):
            code = 0
            with contextlib.suppress(ChildProcessError):
                found, status = os.waitpid(pid, os.WNOHANG)
                if not found:
                    continue
                code = os.waitstatus_to_exitcode(status)
            self._children.discard(pid)
            if code < 0:
                self._end_dead_runs()

    def _end_dead_runs(self) -> None:
        """Have the run of a driver that was killed failed at once: whoever opens the store does that."""
        settings = self._settings
        if settings is None:
            return
        pid = fork()
        if not pid:
            try:
                from tidemill.home import Home

                Home.open(settings.home, durability=settings.durability, create=False).close()
            finally:
                os._exit(0)
        self._children.add(pid)

    def _end_runs(self) -> None:
        """Ask the drivers to end; those that do not are killed."""
        self._retired = True
        if self._deadline is not None:
            return  # asked a second time, a driver kills what still runs
        self._signal(signal.SIGTERM)
        grace = self._settings.grace if self._settings is not None else 0.0
        self._deadline = time.monotonic() + grace + MARGIN

    def _signal(self, number: int) -> None:
        for pid in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


def enter(document: wire.Document) -> tuple[CodeRef, Settings]:
    """Make this process look for modules where the server would; what to load, and the settings."""
    os.chdir(document["folder"])
    sys.path[:] = document["path"]
    said = document["settings"]
    project = Path(said["project"]) if said["project"] is not None else None
    return CodeRef(*document["code"]), Settings(**{**said, "home": Path(said["home"]), "project": project})


def load_of(document: wire.Document) -> tuple[Load, Settings]:
    """Import what a document names, and describe it."""
    code, settings = enter(document)
    imported = import_code(code)
    with _ours_alone():
        from tidemill.server.workshop.loading import load  # after the user's import: somebody waits for that
    return load(code, imported, settings), settings


def answering() -> Callable[[Stock | None, wire.Document, socket.socket], None]:
    """What answers questions; it is imported when it is first asked for."""
    with _ours_alone():
        from tidemill.server.workshop.answering import answer
    return answer


@contextlib.contextmanager
def _ours_alone() -> Iterator[None]:
    """Import as if the user's code were not there: a file of theirs may be called `calendar`, or `queue`."""
    path, theirs = sys.path[:], {}
    for name in sys.stdlib_module_names & sys.modules.keys():
        file = getattr(sys.modules[name], "__file__", None)
        if file is not None and not file.startswith(STANDARD):
            theirs[name] = sys.modules.pop(name)
    sys.path[:] = OWN_PATH
    try:
        yield
    finally:
        sys.path[:] = path
        sys.modules.update(theirs)


def told(found: Load) -> wire.Document:
    """What came of a load, as the server is told."""
    document: wire.Document = {
        "seconds": found.seconds,
        "files": found.watched.files,
        "folders": found.watched.folders,
    }
    if found.kept is not None:
        document.update(path=str(found.kept.path), id=found.kept.id)
    if found.error is not None:
        document["error"] = wire.error_document(found.error)
    return document


def main(arguments: list[str]) -> None:
    """Be a bench, or an interpreter for one run.

    Args:
        arguments: `serve`, `spare` or `once`; the number of an inherited socket; the process that started this one.
    """
    role, number, parent = arguments
    end = socket.socket(fileno=int(number))
    if role == "once":
        die_with(int(parent), signal.SIGTERM)
        document, question = json.loads(sys.stdin.buffer.read())
        try:
            found, _ = load_of(document)
            if found.error is not None:
                wire.send(end, {"error": wire.error_document(found.error)})
            else:
                answering()(found.stock, question, end)
        finally:
            finish()
    die_with(int(parent))  # while the code is imported, nothing here would see that the server is gone
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        if role == "spare":
            answering()
        Bench(end).run()
    finally:
        finish()


if __name__ == "__main__":
    main(sys.argv[1:])
