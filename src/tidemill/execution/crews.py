"""Runs whose steps run in processes: who starts them, and the executor that gives them their orders."""

from __future__ import annotations

import weakref
from contextlib import ExitStack
from typing import NamedTuple

from tidemill.core.errors import InvariantViolationError
from tidemill.execution.recorder import CurrentStore
from tidemill.execution.scene import Scene
from tidemill.executors.channel import Begin
from tidemill.executors.nursery import Nursery
from tidemill.executors.origin import Origin, Parcel
from tidemill.executors.port import GRACE, Executor
from tidemill.executors.processes import ProcessesExecutor
from tidemill.work.outfit import Managers, Outfit
from tidemill.work.values import Values


class Crew(NamedTuple):
    """Processes that a run's steps run in.

    Attributes:
        nursery: Starts them.
        slots: How many at a time.
        face: `module:name` of what makes the store in the compatible interface from a home.
        origin: For workers that are new interpreters.
        grace: Seconds between asking a step to end and killing it.
        note: What there is to say of them at the beginning of a run.
    """

    nursery: Nursery
    slots: int
    face: str
    origin: Origin | Parcel | None = None
    grace: float = GRACE
    note: str = ""


def hire(scene: Scene, crew: Crew) -> tuple[Executor, Values]:
    """An executor whose steps run in processes; they set up for themselves what they need."""
    home = scene.home
    if home.ephemeral:
        raise InvariantViolationError(
            "Processes need a store that all of them see",
            subject="executor",
            found="a store in memory",
            expected="a store in a folder",
            next_step="give instance=DagsterInstance.get(), or run in process",
        )
    if crew.note:
        scene.warn(crew.note)
    begin = Begin(
        scene.info,
        home.folder,
        home.durability,
        home.log_folder(scene.info.id),
        scene.resource_configs,
        crew.face,
        scene.listening,
        keyed=True,
    )
    executor = ProcessesExecutor(
        crew.nursery,
        begin,
        slots=crew.slots,
        clock=home.clock,
        log_of=scene.log_of,
        store=CurrentStore(home.store, scene.recorder),
        origin=crew.origin,
        grace=crew.grace,
    )
    project, stack = scene.prepared.project, ExitStack()
    outfit = Outfit(stack, project, scene.resource_configs, scene.info, scene.instance)
    values = Values(project, home, Managers(project, outfit), instance=scene.instance)
    weakref.finalize(values, stack.close)
    return executor, values
