"""Runs the pipeline of `executor_pipeline` on an executor of some kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tidemill.code.loading import load_definitions
from tidemill.compat.instance import FACE, DagsterInstance
from tidemill.core.events import Event
from tidemill.core.keys import AssetKey
from tidemill.core.records import CodeRef
from tidemill.execution.crews import Crew
from tidemill.execution.launch import Request, prepare
from tidemill.execution.runs import Outcome, execute
from tidemill.executors.nursery import Nursery
from tidemill.executors.origin import Origin
from tidemill.home import Home
from tidemill.work.logs import LogLine, read_log
from tidemill.work.orders import Progress

PIPELINE = Path(__file__).parent / "executor_pipeline.py"
CODE = CodeRef("file", str(PIPELINE))
KINDS = ("in process", "forked", "spawned")
Heard = Event | LogLine | Progress


@contextmanager
def crew_of(kind: str, slots: int = 2, grace: float = 0.5) -> Iterator[Crew | None]:
    """Processes of that kind. Their server is an interpreter of its own: this one has run things."""
    if kind == "in process":
        yield None
        return
    origin = Origin.here(CODE)
    nursery = Nursery.executed(origin, "fork" if kind == "forked" else "spawn")
    try:
        yield Crew(nursery, slots, FACE, origin, grace)
    finally:
        nursery.close()


class Ran:
    """A run and what was heard of it."""

    def __init__(self, home: Home, outcome: Outcome, heard: list[Heard]) -> None:
        self.home = home
        self.outcome = outcome
        self.heard = heard

    def events(self, step: str) -> list[Event]:
        """Of a step, in order."""
        return [event for event in self.outcome.events if getattr(event, "step", None) == step]

    def kinds(self, step: str) -> list[str]:
        """Their kinds."""
        return [type(event).__name__ for event in self.events(step)]

    def event(self, step: str, kind: type[Any]) -> Any:
        """The one event of a kind."""
        (found,) = [event for event in self.events(step) if isinstance(event, kind)]
        return found

    def value(self, asset: str, partition: str | None = None) -> Any:
        """The latest value of an asset."""
        version = self.home.latest(AssetKey(asset), partition)
        assert version is not None, f"{asset} was never made"
        return self.home.load(version)

    def lines(self, step: str, attempt: int = 1) -> list[tuple[str, str, str]]:
        """What an attempt wrote: stream, level and text, as it was kept."""
        folder = self.home.log_folder(self.outcome.run.id)
        assert folder is not None
        path = folder / f"{step}.{attempt}.jsonl"
        return [(line.stream, line.level, line.text) for line in read_log(path)] if path.exists() else []

    def shown(self, step: str) -> list[tuple[str, str, str]]:
        """What was shown of it while it ran."""
        return [
            (line.stream, line.level, line.text)
            for line in self.heard
            if isinstance(line, LogLine) and line.step == step
        ]


def run(
    kind: str,
    folder: Path,
    selection: Any,
    *,
    listener: Callable[[Heard], None] | None = None,
    slots: int = 2,
    **request: Any,
) -> Ran:
    """Run a selection of the pipeline in a new store."""
    home = Home.open(folder / "store")
    instance = DagsterInstance(home)
    heard: list[Heard] = []

    def hear(fact: Heard) -> None:
        heard.append(fact)
        if listener is not None:
            listener(fact)

    project = load_definitions(CODE).definitions.project()
    if (partition := request.pop("partition", None)) is not None:
        request["partitions"] = (partition,)
    prepared = prepare(project, Request("job", selection=selection, code=CODE, **request))
    with crew_of(kind, slots) as crew:
        outcome = execute(prepared, home, instance=lambda: instance, listener=hear, shown=True, crew=crew)
    return Ran(home, outcome, heard)
