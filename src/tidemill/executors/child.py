"""A worker process: takes orders one after the other until nobody sends any more.

    Begin ─▶ home, outfit, values, bench          StepOrder ─▶ upkeep ─▶ attempt ─▶ facts, Done          EOF ─▶ end

It is forked from a server that has imported the user's code (`nursery`), or started by it as a new interpreter.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import importlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from functools import partial
from types import FrameType
from typing import Any, NamedTuple, NoReturn

from tidemill.code.imports import Imports
from tidemill.core import secrets
from tidemill.core.errors import InvariantViolationError
from tidemill.core.events import StepStarted
from tidemill.core.records import FileIdentity
from tidemill.definitions.project import Project
from tidemill.definitions.units.unit import ComputeUnit
from tidemill.executors.channel import (
    Answer,
    Ask,
    Begin,
    Channel,
    HungUpError,
    Note,
    Secrets,
    Up,
    Verified,
)
from tidemill.executors.outlets import Outlets
from tidemill.executors.remote import RemoteStore
from tidemill.executors.thread_limits import ThreadLimits
from tidemill.executors.upkeep import Upkeep, processor_time
from tidemill.home import Home
from tidemill.home.leases import LEASH, RUN_VARIABLE
from tidemill.work.bench import Bench
from tidemill.work.earlier import earlier_version
from tidemill.work.loggers import RunLoggers
from tidemill.work.logs import Capturing, StepLog, StepLogger
from tidemill.work.orders import LogLine, Progress, StepFact, StepOrder
from tidemill.work.outfit import Outfit, with_default_manager
from tidemill.work.seeding import RandomState
from tidemill.work.values import Values
from tidemill.work.worker import attempt_step

ENDED = 128 + signal.SIGTERM
LINE_BUFFERED = 1  # _IOLBF of stdio.h


class Ended(KeyboardInterrupt):
    """Somebody wants this process to end. A `KeyboardInterrupt`, which user code that catches `Exception` lets pass."""


class Stock(NamedTuple):
    """What every worker of some code has: the definitions, and what importing them did.

    Attributes:
        project: The definitions.
        random: The state of the random generators that it left, where it seeded them; a fork seeds Python's anew.
        threads: Modules of the user whose statements started threads, so that nothing can be forked any more.
    """

    project: Project
    random: RandomState | None = None
    threads: tuple[str, ...] = ()

    @classmethod
    def of(cls, project: Project, imports: Imports) -> Stock:
        """What there is right after the import."""
        return cls(project, RandomState.now() if imports.seeds else None, imports.threads)


def serve(stock: Stock, channel: Channel, limits: ThreadLimits) -> NoReturn:
    """Be a worker, to the end of this process."""
    code = 1
    try:
        signal.signal(signal.SIGTERM, _end)
        faulthandler.enable()
        _flush_line_by_line()
        with ExitStack() as stack:
            code = _work(stock, channel, limits, stack)
    except Ended:
        code = ENDED
    except HungUpError:
        code = 0
    except BaseException:  # noqa: BLE001  (the last words of this process)
        traceback.print_exc(file=sys.__stderr__)
    finally:
        with contextlib.suppress(Exception):
            sys.__stdout__.flush()  # type: ignore[union-attr]
            sys.__stderr__.flush()  # type: ignore[union-attr]
        os._exit(
            code
        )  # the interpreter's own ending takes a third of a second where large libraries are loaded


def _end(number: int, _: FrameType | None) -> NoReturn:
    signal.signal(number, _nothing)  # the second would break into the cleaning up after the first
    raise Ended


def _nothing(_: int, __: FrameType | None) -> None:
    """A handler, because what is ignored would stay so in processes that are started from here."""


def _flush_line_by_line() -> None:
    """Have C code write each line at once, as it does on a terminal, so that the last one before a crash is seen."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        libc = ctypes.CDLL(None)
        libc.setvbuf(ctypes.c_void_p.in_dll(libc, "stdout"), None, LINE_BUFFERED, 0)


def _work(stock: Stock, channel: Channel, limits: ThreadLimits, stack: ExitStack) -> int:
    begin: Begin = channel.receive()
    project = with_default_manager(stock.project.of_job(begin.run.job_name), begin.resources)
    outlets = stack.enter_context(Outlets())
    workshop = Workshop(project, channel, begin, stack, outlets)
    upkeep = Upkeep(limits, stock.random)
    channel.send(Up(processor_time()))
    while True:
        try:
            order: StepOrder = channel.receive()
        except HungUpError:
            return 0
        signal.signal(signal.SIGTERM, _end)  # user code may have changed it
        upkeep.before(order.conditions)
        facts: list[StepFact] = []
        at_once = project.unit(order.key.unit).flow != "return"  # an hour may pass between two of its outputs
        for fact in attempt_step(order, workshop.bench):
            if isinstance(fact, StepStarted):
                continue  # the driver said so when it sent the order
            facts.append(fact)
            if at_once:
                channel.send((facts, None))
                facts = []
        workshop.tell_secrets()
        done = upkeep.after(order.conditions)
        outlets.restore()
        workshop.bench.capturing.install()
        channel.send((facts, done._replace(settled=outlets.settle())))
        if done.spent:
            return 0


class Workshop:
    """What the attempts of one run in this process share.

    Args:
        project: The definitions.
        channel: To the driver.
        begin: What all orders have in common.
        stack: Ends what is set up.
        outlets: Where what is written past Python goes.
    """

    def __init__(
        self, project: Project, channel: Channel, begin: Begin, stack: ExitStack, outlets: Outlets
    ) -> None:
        self._channel = channel
        self._asking = threading.Lock()
        self._told_secrets = 0
        if begin.logs is not None:
            # Whatever this process starts has one or the other, so that it can be found if all of us are killed.
            os.environ[RUN_VARIABLE] = begin.run.id
            begin.logs.mkdir(parents=True, exist_ok=True)
            self._leash = (begin.logs / LEASH).open("ab")
        store = RemoteStore(begin.folder, self._ask, self._note, self._verified)
        home = Home(begin.folder, store, durability=begin.durability)
        module, _, name = begin.face.partition(":")

        def instance() -> Any:
            return getattr(importlib.import_module(module), name)(home)

        def logger() -> StepLogger | None:
            return StepLogger(capturing.log, echo=False) if capturing.log is not None else None

        sink = self._tell if begin.told else None
        # How far a step is stands beside the logs for whoever watches, also where nobody shows the lines.
        watched = self._tell if begin.told or begin.logs is not None else None
        capturing = stack.enter_context(Capturing(passthrough=False))
        outfit = Outfit(stack, project, begin.resources, begin.run, instance)
        values = Values(project, home, outfit.values, instance=instance, log=logger)
        self.bench = Bench(
            project=project,
            outfit=self._told(outfit.provide),
            values=values,
            clock=home.clock,
            ids=home.ids,
            log_of=lambda order: StepLog(
                order.name, order.attempt, home.clock, begin.logs, sink, first=outlets.settle
            ),
            instance=instance,
            load_latest=values.load_latest,
            earlier=partial(earlier_version, home.store, values.load_version),
            keep_error=lambda _, __: None,
            capturing=capturing,
            here=False,
            echo=False,
            keyed=begin.keyed,
            sink=watched,
            loggers=RunLoggers(project, begin.run, shown=True) if begin.run.loggers else None,
        )

    def _told(
        self, provide: Callable[[Iterable[ComputeUnit]], Mapping[str, Any]]
    ) -> Callable[[ComputeUnit], Mapping[str, Any]]:
        """Provide a unit with resources, and let the driver know their secrets before user code can print them."""

        def provided(unit: ComputeUnit) -> Mapping[str, Any]:
            resources = provide([unit])
            self.tell_secrets()
            return resources

        return provided

    def tell_secrets(self) -> None:
        """Let the driver mask what C code prints."""
        known = secrets.registered()
        if len(known) > self._told_secrets:
            self._told_secrets = len(known)
            self._channel.send(Secrets(known))

    def _tell(self, fact: LogLine | Progress) -> None:
        if not self._channel.is_ours:
            return  # a process that the step has forked; what it prints is in the log
        self.tell_secrets()
        self._channel.send(([fact], None))

    def _verified(self, address: str, identity: FileIdentity) -> None:
        self._channel.send(Verified(address, identity))

    def _ask(self, name: str, parameters: Any, tail: str) -> list[Any]:
        return self._exchange(Ask(name, parameters, tail))

    def _note(self, events: tuple[Any, ...]) -> None:
        self._exchange(Note(events))

    def _exchange(self, message: Ask | Note) -> list[Any]:
        if not self._channel.is_ours:
            raise InvariantViolationError(
                "The store cannot be asked from a process that the step has forked",
                subject="context.instance",
                found=f"process {os.getpid()}",
                expected="the process of the step",
                next_step="ask before, and hand the answer on",
            )
        with self._asking:
            self._channel.send(message)
            answer: Answer = self._channel.receive()
        if answer.error is not None:
            raise answer.error
        return answer.rows
