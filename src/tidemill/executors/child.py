"""A worker process: takes orders one after the other until nobody sends any more.

    Begin ─▶ home, outfit, values, bench          StepOrder ─▶ upkeep ─▶ attempt ─▶ facts, Done          EOF ─▶ end

It is forked from a server that has imported the user's code (`nursery`), or started by it as a new interpreter.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import os
import signal
import sys
from contextlib import ExitStack
from functools import partial
from types import FrameType
from typing import Any, NamedTuple, NoReturn

from tidemill.core import secrets
from tidemill.core.events import StepStarted
from tidemill.core.records import FileIdentity
from tidemill.definitions.project import Project
from tidemill.executors.channel import Answer, Ask, Begin, Channel, Secrets, Verified
from tidemill.executors.remote import RemoteStore
from tidemill.executors.upkeep import Upkeep
from tidemill.home import Home
from tidemill.home.leases import LEASH, RUN_VARIABLE
from tidemill.work.bench import Bench
from tidemill.work.earlier import earlier_version
from tidemill.work.logs import Capturing, StepLog, StepLogger
from tidemill.work.orders import LogLine, Progress, StepFact, StepOrder
from tidemill.work.outfit import Outfit
from tidemill.work.values import Values
from tidemill.work.worker import attempt_step

ENDED = 128 + signal.SIGTERM


class Ended(KeyboardInterrupt):
    """Somebody wants this process to end. A `KeyboardInterrupt`, which user code that catches `Exception` lets pass."""


class Stock(NamedTuple):
    """What every worker of some code has: the definitions, and whether importing them seeded random generators."""

    project: Project
    seeded: bool = False


def serve(stock: Stock, channel: Channel) -> NoReturn:
    """Be a worker, to the end of this process."""
    code = 1
    try:
        signal.signal(signal.SIGTERM, _end)
        faulthandler.enable()
        with ExitStack() as stack:
            code = _work(stock, channel, stack)
    except Ended:
        code = ENDED
    except (EOFError, OSError):
        code = 0
    finally:
        with contextlib.suppress(Exception):
            sys.__stdout__.flush()  # type: ignore[union-attr]
            sys.__stderr__.flush()  # type: ignore[union-attr]
        os._exit(
            code
        )  # the interpreter's own ending takes a third of a second where large libraries are loaded


def _end(_: int, __: FrameType | None) -> NoReturn:
    raise Ended


def _work(stock: Stock, channel: Channel, stack: ExitStack) -> int:
    begin: Begin = channel.receive()
    project = stock.project
    workshop = Workshop(project, channel, begin, stack)
    upkeep = Upkeep(seeded=stock.seeded)
    while True:
        try:
            order: StepOrder = channel.receive()
        except EOFError:
            return 0
        upkeep.before(order.conditions)
        facts: list[StepFact] = []
        at_once = project.units[order.name].flow != "return"  # an hour may pass between two of its outputs
        for fact in attempt_step(order, workshop.bench):
            if isinstance(fact, StepStarted):
                continue  # the driver said so when it sent the order
            facts.append(fact)
            if at_once:
                channel.send((facts, None))
                facts = []
        workshop.tell_secrets()
        done = upkeep.after(order.conditions)
        channel.send((facts, done))
        if done.spent:
            return 0


class Workshop:
    """What the attempts of one run in this process share.

    Args:
        project: The definitions.
        channel: To the driver.
        begin: What all orders have in common.
        stack: Ends what is set up.
    """

    def __init__(self, project: Project, channel: Channel, begin: Begin, stack: ExitStack) -> None:
        self._channel = channel
        self._told_secrets = 0
        if begin.logs is not None:
            # Whatever this process starts has one or the other, so that it can be found if all of us are killed.
            os.environ[RUN_VARIABLE] = begin.run.id
            begin.logs.mkdir(parents=True, exist_ok=True)
            self._leash = (begin.logs / LEASH).open("ab")
        store = RemoteStore(begin.folder, self._ask, self._verified)
        home = Home(begin.folder, store, durability=begin.durability)
        module, _, name = begin.face.partition(":")

        def instance() -> Any:
            return getattr(importlib.import_module(module), name)(home)

        def logger() -> StepLogger | None:
            return StepLogger(capturing.log, echo=False) if capturing.log is not None else None

        sink = self._tell if begin.told else None
        capturing = stack.enter_context(Capturing(passthrough=False))
        outfit = Outfit(stack, project, begin.resources, begin.run, instance)
        values = Values(project, home, outfit.values, instance=instance, log=logger)
        self.bench = Bench(
            project=project,
            outfit=lambda unit: outfit.provide([unit]),
            values=values,
            clock=home.clock,
            ids=home.ids,
            log_of=lambda order: StepLog(order.name, order.attempt, home.clock, begin.logs, sink),
            instance=instance,
            load_latest=values.load_latest,
            earlier=partial(earlier_version, home.store, values.load_version),
            keep_error=lambda _, __: None,
            capturing=capturing,
            here=False,
            echo=False,
            keyed=begin.keyed,
            sink=sink,
        )

    def tell_secrets(self) -> None:
        """Let the driver mask what C code prints."""
        known = secrets.registered()
        if len(known) > self._told_secrets:
            self._told_secrets = len(known)
            self._channel.send(Secrets(known))

    def _tell(self, fact: LogLine | Progress) -> None:
        self.tell_secrets()
        self._channel.send(([fact], None))

    def _verified(self, address: str, identity: FileIdentity) -> None:
        self._channel.send(Verified(address, identity))

    def _ask(self, name: str, parameters: Any, tail: str) -> list[Any]:
        self._channel.send(Ask(name, parameters, tail))
        answer: Answer = self._channel.receive()
        if answer.error is not None:
            raise answer.error
        return answer.rows
