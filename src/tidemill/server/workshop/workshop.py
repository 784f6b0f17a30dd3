"""Keeps the user's code at hand: loads it, loads it again when it is edited, and has it run. Implements `CodeHost`.

    start, edit, reload ──▶ a new bench loads ──good──▶ it takes the place of the old one, which ends with its last run
                                             └─broken─▶ the old definitions stay; `code` has the traceback
    launch, rerun, form, check ──▶ the bench that is in place

One thread, the keeper, starts benches and decides which is in place; questions go past it. While all is quiet another
interpreter waits that has Tidemill imported, so that an edit costs no more than the user's own imports.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tidemill.core.clock import Clock, SystemClock
from tidemill.core.errors import InvariantViolationError, TidemillError
from tidemill.core.records import CodeRef
from tidemill.core.settings import Settings
from tidemill.server.models import (
    Checked,
    Code,
    ConfigCheck,
    LaunchForm,
    Problem,
    Requested,
    RerunRequest,
    RunRequest,
)
from tidemill.server.snapshot import Snapshot
from tidemill.server.workshop import archive, wire
from tidemill.server.workshop.benches import Bench, BenchDiedError
from tidemill.server.workshop.contents import Watched, before_any_import
from tidemill.server.workshop.watching import Watcher

WAIT = 30.0
"""Seconds for which a request waits for code that is just being loaded."""

STEADY = 5.0


class _Load(NamedTuple):
    """A bench that was to load the code, and what came of it: a document, or why there is none."""

    bench: Bench
    found: wire.Document | TidemillError


class _Ended(NamedTuple):
    """A bench is gone."""

    bench: Bench


class _Stuck(NamedTuple):
    """A bench does not answer: it is gone, or hangs."""

    bench: Bench


class _Reload(NamedTuple):
    """Somebody wants the code loaded anew."""


class _Close(NamedTuple):
    """No more of it."""


class Workshop:
    """A host of code that lives in processes of its own. `close` it.

    Args:
        code: Where the definitions are.
        settings: Of the server.
        first: A bench that was hired ahead, to load the code at once.
        watching: Whether it is loaded again when it is edited.
        steady: Seconds that a bench must have lived to be replaced by itself when it dies.
        clock: Where time comes from.
    """

    def __init__(
        self,
        code: CodeRef,
        settings: Settings,
        first: Bench | None = None,
        *,
        watching: bool = True,
        steady: float = STEADY,
        clock: Clock | None = None,
    ) -> None:
        self._ref = code
        self._settings = settings
        self._watching = watching
        self._steady = steady
        self._clock: Clock = clock or SystemClock()
        self._changed = threading.Condition()
        self._listeners: list[Callable[[], None]] = []
        self._snapshot = archive.last(settings.home, str(code))
        self._code = self._loading()
        self._bench: Bench | None = None
        self._coming: Bench | None = None
        self._all: list[Bench] = []
        self._watcher: Watcher | None = None
        self._answered: dict[str, str] = {}
        self._placed_at = 0.0
        self._messages: queue.SimpleQueue[_Load | _Ended | _Stuck | _Reload | _Close] = queue.SimpleQueue()
        self._spare = None if first is None else self._hired(first)
        self._messages.put(_Reload())
        self._keeper = threading.Thread(target=self._keep, name="tidemill-workshop", daemon=True)
        self._keeper.start()

    # CodeHost

    @property
    def code(self) -> Code:
        """How the code is now."""
        return self._code

    @property
    def snapshot(self) -> Snapshot | None:
        """The definitions as they were last loaded well, by this workshop or an earlier one."""
        return self._snapshot

    def subscribe(self, told: Callable[[], None]) -> Callable[[], None]:
        """Have a function called, from any thread, after `code` or `snapshot` changed; what it gives ends that."""
        with self._changed:
            self._listeners.append(told)

        def stop() -> None:
            with self._changed, contextlib.suppress(ValueError):
                self._listeners.remove(told)

        return stop

    def launch(self, request: RunRequest) -> Requested:
        """Start a run, and come back once it is recorded; raises as the port says."""
        question = {"ask": "launch", "request": request.model_dump(mode="json")}
        return Requested.model_validate(self._ask(question))

    def rerun(self, run: str, request: RerunRequest) -> Requested:
        """Start a run that re-executes another; raises as `launch`."""
        question = {"ask": "rerun", "run": run, "request": request.model_dump(mode="json")}
        return Requested.model_validate(self._ask(question))

    def form(self, selection: str | None, assets: list[str] | None, job: str | None) -> LaunchForm:
        """What a run of some assets can be given; raises as `launch`."""
        question = {"ask": "form", "selection": selection, "assets": assets, "job": job}
        return LaunchForm.model_validate(self._ask(question))

    def check(self, config: ConfigCheck) -> Checked:
        """What is wrong with a config."""
        question = {"ask": "check", "config": config.model_dump(mode="json")}
        return Checked.model_validate(self._ask(question))

    def reload(self) -> None:
        """Load the code anew; comes back at once."""
        self._messages.put(_Reload())

    def close(self, *, kill: bool = False) -> None:
        """End all its processes: runs are asked to end, and killed where they do not, or at once."""
        if kill:
            for bench in self._all:
                bench.ask_to_end(kill=True)
        self._messages.put(_Close())
        self._keeper.join()

    # Questions

    def _ask(self, question: wire.Document) -> Any:
        bench = self._ready()
        try:
            return bench.ask(question)
        except BenchDiedError:
            if self._bench in (None, bench):
                self._messages.put(_Stuck(bench))
                raise
        return self._ready().ask(question)  # it made way for another one just then

    def _ready(self) -> Bench:
        """The bench that is in place, once nothing newer is on its way.

        Raises:
            TidemillError: The code cannot be loaded, or takes too long.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._code.status != "loading", WAIT)
            code, bench = self._code, self._bench
        if code.status == "ready" and bench is not None:
            return bench
        raise _not_ready(code)

    # The keeper

    def _keep(self) -> None:
        while True:
            message = self._messages.get()
            if isinstance(message, _Close):
                self._end_all()
                return
            if isinstance(message, _Reload):
                self._start_load()
            elif isinstance(message, _Load):
                self._take(message)
            elif message.bench is not self._bench:
                continue
            elif isinstance(message, _Stuck):
                self._start_load()  # the old one keeps its runs, and ends with the last of them if it comes to itself
            else:
                self._replace()

    def _start_load(self) -> None:
        """Have a new bench load the code; one that is at it already does it for nothing."""
        if self._watcher is None:
            self._watch(before_any_import(self._ref), broken=True)
        stale, self._coming = self._coming, None
        if stale is not None:
            self._forget(stale)
        self._set(self._loading())
        bench = self._coming = self._spare or self._hired(Bench(spare=False))
        self._spare = None
        threading.Thread(target=self._load, args=(bench,), name="tidemill-load", daemon=True).start()

    def _load(self, bench: Bench) -> None:
        found: wire.Document | TidemillError
        try:
            found = bench.load(self._ref, self._settings)
        except TidemillError as error:
            found = error
        self._messages.put(_Load(bench, found))

    def _take(self, load: _Load) -> None:
        """Put a bench in place, or tell why it cannot be."""
        if load.bench is not self._coming:
            return  # somebody wanted another one meanwhile
        self._coming = None
        found = load.found
        if isinstance(found, TidemillError):
            self._forget(load.bench)
            self._set(self._broken(found, None))
            self._watch(
                Watched({self._ref.target: ""} if self._ref.kind != "module" else {}, ()), broken=True
            )
        elif "error" in found:
            self._forget(load.bench)
            self._set(self._broken(wire.error_of(found["error"]), found["seconds"]))
            self._watch(Watched(found["files"], found["folders"]), broken=True)
        else:
            self._place(load.bench, found)
            self._watch(Watched(found["files"], found["folders"]), broken=False)
        if self._watching and self._spare is None:
            self._spare = self._hired(Bench())

    def _place(self, bench: Bench, found: wire.Document) -> None:
        snapshot = archive.read(Path(found["path"]))
        old, self._placed_at = self._bench, time.monotonic()
        code = Code(
            status="ready",
            target=str(self._ref),
            snapshot=found["id"],
            loaded_at=self._clock.now(),
            seconds=found["seconds"],
        )
        with self._changed:
            self._bench = bench
            if snapshot is not None:
                self._snapshot = snapshot
        self._set(code)
        if old is not None:
            old.retire()

    def _replace(self) -> None:
        """The bench in place has died: load the code again, unless it would only die again."""
        with self._changed:
            self._bench = None
        if time.monotonic() - self._placed_at > self._steady:
            self._start_load()
            return
        error = BenchDiedError(
            "The process that has your code ended right after it was loaded",
            subject="workshop",
            found="two ends within seconds",
            expected="a process that waits for runs",
            next_step="see what it wrote in the terminal of the server, mend it and save the file",
        )
        self._set(self._broken(error, None))

    def _hired(self, bench: Bench) -> Bench:
        self._all = [*(each for each in self._all if each.is_alive), bench]

        def wait() -> None:
            bench.wait()
            self._messages.put(_Ended(bench))

        threading.Thread(target=wait, name="tidemill-bench", daemon=True).start()
        return bench

    def _forget(self, bench: Bench) -> None:
        """Let go of a bench that has no runs."""
        self._all = [each for each in self._all if each is not bench]
        bench.kill()

    def _end_all(self) -> None:
        self._watch_nothing()
        grace = self._settings.grace
        enders = [threading.Thread(target=bench.end, args=(grace,)) for bench in self._all]
        for ender in enders:
            ender.start()
        for ender in enders:
            ender.join()

    # What the page is told

    def _loading(self) -> Code:
        snapshot = self._snapshot.id if self._snapshot is not None else None
        return Code(status="loading", target=str(self._ref), snapshot=snapshot, seconds=None)

    def _broken(self, error: TidemillError, seconds: float | None) -> Code:
        problem = Problem(
            problem=error.problem,
            subject=error.subject,
            found=error.found,
            expected=error.expected,
            next_step=error.next_step,
        )
        return Code(
            status="broken",
            target=str(self._ref),
            snapshot=self._snapshot.id if self._snapshot is not None else None,
            loaded_at=self._clock.now(),
            seconds=seconds,
            problem=problem,
            traceback=getattr(error, "user_traceback", None) or None,
        )

    def _set(self, code: Code) -> None:
        with self._changed:
            self._code = code
            listeners = tuple(self._listeners)
            self._changed.notify_all()
        for told in listeners:
            told()

    # Edits

    def _watch(self, watched: Watched, *, broken: bool) -> None:
        self._watch_nothing()
        if self._watching:
            self._watcher = Watcher(watched, self._answered, self.reload, broken=broken)

    def _watch_nothing(self) -> None:
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher = None


def _not_ready(code: Code) -> TidemillError:
    target = code.target or "the code"
    if code.status == "broken" and code.problem is not None:
        return InvariantViolationError(
            f"{target} cannot be loaded as it is now, so that nothing of it is run",
            subject=target,
            found=code.problem.problem,
            expected="code that imports",
            next_step=code.problem.next_step or "mend it: it is loaded when it is saved",
        )
    return InvariantViolationError(
        f"{target} is still being imported",
        subject=target,
        found=f"an import that has not ended within {WAIT:.0f} s",
        expected="definitions that were loaded",
        next_step="wait until the page shows them, then ask again",
    )
