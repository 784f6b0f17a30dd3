"""The executor that keeps warm workers: each runs many orders, and takes nothing else down when it dies.

    launch ─▶ queue ─▶ a free worker, or a new one ─▶ facts ─▶ …             (as many workers as slots)
                         │ dies: its step fails with the cause       │ takes too long, too much memory, is canceled:
                         └ the next order starts another one         └ asked to end, killed after the grace time

All waiting is in `facts`: sockets of the workers, what they print past Python, and the server that starts them.
Nothing else waits, not even to send: a worker that does not read must not keep the driver from killing it.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from tidemill.core import secrets
from tidemill.core.clock import Clock
from tidemill.core.errors import WorkerDiedError
from tidemill.core.events import Event, StepStarted
from tidemill.core.records import FileIdentity
from tidemill.executors.channel import Answer, Ask, Begin, Channel, Done, Note, Secrets, Up, Verified
from tidemill.executors.hand import Ending, Hand, Reason, orphaned, rootless
from tidemill.executors.nursery import Ended, Nursery, Started
from tidemill.executors.origin import Origin, Parcel
from tidemill.executors.port import GRACE
from tidemill.executors.vitals import resident_with_descendants
from tidemill.home.leases import kill_leftovers
from tidemill.planning.signals import AttemptCanceled, AttemptFailed, AttemptSucceeded
from tidemill.work.failures import error_info
from tidemill.work.logs import StepLog, log_file
from tidemill.work.orders import StepFact, StepOrder

GLANCE = 0.25
"""Seconds between two looks at the memory of running steps."""

PATIENCE = 2.0
"""Seconds to wait for the server to say how a worker ended whose connection is closed."""

NEVER = float("inf")


class Answering(Protocol):
    """What workers may ask of the store."""

    def select(self, name: str, parameters: Any = (), tail: str = "") -> list[Any]:
        """All rows of a named statement."""
        ...

    def append(self, run_id: str, events: Sequence[Event], *, fence: int | None = None) -> None:
        """Record what happened, in one transaction."""
        ...

    def record_identity(self, address: str, identity: FileIdentity) -> None:
        """Remember what an artifact's file looks like."""
        ...


def _pass_on(text: str) -> None:
    sys.stderr.write(f"{secrets.mask(text)}\n")


class ProcessesExecutor:
    """Runs orders in worker processes.

    Args:
        nursery: Starts workers.
        begin: What all orders have in common.
        slots: How many workers.
        clock: Where time comes from.
        log_of: The log of an attempt, for what a worker prints past Python.
        store: Answers the questions of steps.
        origin: For workers that are new interpreters; None where there can be none.
        grace: Seconds between asking a step to end and killing it.
    """

    here = False

    def __init__(
        self,
        nursery: Nursery,
        begin: Begin,
        *,
        slots: int,
        clock: Clock,
        log_of: Callable[[StepOrder], StepLog],
        store: Answering,
        origin: Origin | Parcel | None = None,
        grace: float = GRACE,
    ) -> None:
        self.slots = slots
        self._nursery = nursery
        self._begin = begin
        self._clock = clock
        self._log_of = log_of
        self._store = store
        self._origin = origin
        self._grace = grace
        self._queue: deque[StepOrder] = deque()
        self._told: deque[StepFact] = deque()
        self._hands: dict[int, Hand] = {}
        self._started = 0
        self._glanced = 0.0
        self._nursery_lost = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(nursery, selectors.EVENT_READ)
        self._waking, self._woken = socket.socketpair()
        for end in (self._waking, self._woken):
            end.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)

    # Orders

    def launch(self, order: StepOrder) -> None:
        """Take an order; a free worker gets it at once."""
        self._queue.append(order)
        self._assign()

    def cancel(self, step: str, grace: float | None = None) -> Iterator[StepFact]:
        """Drop an order that no worker has; ask the worker that has it to end, kill it when told so again."""
        if grace is not None:
            self._grace = grace  # also for what workers tear down: whoever cancels waits no longer for that
        for order in list(self._queue):
            if order.name == step:
                self._queue.remove(order)
                yield AttemptCanceled(self._clock.now(), step, order.attempt)
        for hand in self._hands.values():
            if hand.order is not None and hand.order.name == step:
                if hand.ending is None:
                    self._end(hand, "cancel")
                elif hand.ending.reason == "cancel":
                    self._kill(hand)
                else:
                    hand.ending = hand.ending._replace(reason="cancel")

    def wake(self) -> None:
        """Make `facts` come back where it waits; for a signal handler."""
        with contextlib.suppress(BlockingIOError):
            self._waking.send(b"!")

    def _assign(self) -> None:
        while self._queue:
            order = self._queue[0]
            try:
                hand = self._free(order)
            except WorkerDiedError as error:
                self._refuse(self._queue.popleft(), error)
                continue
            if hand is None:
                return
            self._give(hand, self._queue.popleft())

    def _refuse(self, order: StepOrder, error: WorkerDiedError) -> None:
        """There can be no worker for an order."""
        now = self._clock.now()
        self._told.append(StepStarted(now, order.name, order.attempt))
        self._told.append(AttemptFailed(now, order.name, order.attempt, error_info(error)))

    def _free(self, order: StepOrder) -> Hand | None:
        """A worker for an order: one that is free, or a new one where there is a place."""
        alone = order.conditions.isolation != "pool"
        usable = [hand for hand in self._hands.values() if hand.can_work]
        free = [hand for hand in usable if hand.order is None]
        for hand in free:
            if not (alone and hand.worked):
                return hand
        if len(usable) < self.slots:
            return self._start(order)
        if free:
            self._dismiss(free[0])
            return self._start(order)
        return None

    def _start(self, order: StepOrder) -> Hand:
        """A new worker; it reads what it was sent when it is up.

        Raises:
            WorkerDiedError: There can be none.
        """
        method = "spawn" if order.conditions.isolation == "spawn" else self._nursery.method
        if self._nursery_lost:
            raise orphaned(order.name)
        if method == "spawn" and self._origin is None:
            raise rootless(order.name)
        self._started += 1
        number = self._started
        ours, theirs = socket.socketpair()
        out_read, out_write = os.pipe()
        err_read, err_write = os.pipe()
        try:
            self._nursery.start(number, theirs.fileno(), out_write, err_write, method)
        except OSError:
            self._nursery_lost = True
            ours.close()
            os.close(out_read)
            os.close(err_read)
            raise orphaned(order.name) from None
        finally:
            theirs.close()
            os.close(out_write)
            os.close(err_write)
        hand = Hand(number, Channel(ours), {out_read: "stdout", err_read: "stderr"}, _pass_on)
        for descriptor in hand.outputs:
            os.set_blocking(descriptor, False)
            self._selector.register(descriptor, selectors.EVENT_READ, (hand, descriptor))
        self._selector.register(hand.channel, selectors.EVENT_READ, (hand, None))
        self._hands[number] = hand
        if method == "spawn":
            self._post(hand, self._origin)
        self._post(hand, self._begin)
        return hand

    def _give(self, hand: Hand, order: StepOrder) -> None:
        hand.begin(order, self._clock.monotonic())
        seed = order.conditions.seed
        if order.conditions.drawn and self._nursery.seeded:
            seed = None  # it begins where the import left the generators
        self._told.append(StepStarted(self._clock.now(), order.name, order.attempt, seed))
        self._post(hand, order)

    def _post(self, hand: Hand, message: object) -> None:
        """Send to a worker, now or as soon as it reads; one that is dead is found by `facts`."""
        with contextlib.suppress(OSError):
            hand.channel.post(message)
        self._listen(hand)

    def _listen(self, hand: Hand) -> None:
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if hand.channel.is_full else 0)
        if hand.channel.fileno() in self._selector.get_map():
            self._selector.modify(hand.channel, wanted, (hand, None))

    # Facts

    def facts(self, timeout: float | None) -> Iterator[StepFact]:
        """What workers have said; waits for it at most `timeout` seconds."""
        yield from self._say()
        ready = self._selector.select(self._patience(timeout))
        # What workers say goes before what they print: a secret must be known before a line with it is kept.
        for key, events in sorted(
            ready, key=lambda one: one[0].data is not None and one[0].data[1] is not None
        ):
            if key.fileobj is self._nursery:
                yield from self._hear_server()
                continue
            if key.fileobj is self._woken:
                self._woken.recv(4096)
                continue
            hand, descriptor = key.data
            if hand.number not in self._hands:
                continue
            if descriptor is None:
                if events & selectors.EVENT_WRITE:
                    self._push(hand)
                if events & selectors.EVENT_READ:
                    yield from self._hear(hand)
            elif not hand.read(descriptor, self._log_of):
                self._selector.unregister(descriptor)
            yield from self._say()
        yield from self._watch()

    def _push(self, hand: Hand) -> None:
        with contextlib.suppress(OSError):
            hand.channel.push()
        self._listen(hand)

    def _say(self) -> Iterator[StepFact]:
        while self._told:
            yield self._told.popleft()

    def _hear(self, hand: Hand) -> Iterator[StepFact]:
        for message in hand.channel.arrived():
            if isinstance(message, tuple) and type(message) is tuple:
                facts, done = message
                yield from self._hear_facts(hand, facts, done)
            elif isinstance(message, Up):
                hand.used = message.cpu
            elif isinstance(message, (Ask, Note)):
                self._answer(hand, message)
            elif isinstance(message, Verified):
                self._store.record_identity(message.address, message.identity)
            elif isinstance(message, Secrets):
                for value in message.values:
                    secrets.register_secret(value)
        if hand.channel.ended:
            self._selector.unregister(hand.channel)
            hand.channel_closed_at = self._clock.monotonic()

    def _hear_facts(self, hand: Hand, facts: list[StepFact], done: Done | None) -> Iterator[StepFact]:
        if done is None:
            yield from facts
            return
        for descriptor in hand.outputs:
            if done.settled:
                hand.finish(descriptor, self._log_of)
            else:
                hand.read(descriptor, self._log_of, end=True)
        memory = max(done.memory, hand.memory)
        written = hand.end()
        hand.spent, hand.used = bool(done.spent), done.used
        self._assign()  # before what follows from these facts is worked out: the worker need not wait for that
        for fact in facts:
            if isinstance(fact, (AttemptSucceeded, AttemptFailed)):
                log_bytes = fact.log_bytes + written
                yield fact._replace(log_bytes=log_bytes, cpu=done.cpu, memory=memory)
            else:
                yield fact

    def _answer(self, hand: Hand, asked: Ask | Note) -> None:
        try:
            if isinstance(asked, Note):
                self._store.append("", asked.events)
                answer = Answer([])
            else:
                answer = Answer(self._store.select(asked.name, asked.parameters, asked.tail))
        except Exception as error:  # noqa: BLE001  (it is raised where the question was asked)
            answer = Answer([], error)
        self._post(hand, answer)

    def _hear_server(self) -> Iterator[StepFact]:
        messages = self._nursery.messages()
        for message in messages or ():
            hand = self._hands.get(getattr(message, "worker", 0))
            if hand is not None and isinstance(message, Started):
                hand.pid = message.pid
            elif hand is not None and isinstance(message, Ended):
                hand.code, hand.cpu = message.code, message.cpu
                yield from self._bury(hand)
        if messages is None:
            # Workers die with the server that started them.
            self._selector.unregister(self._nursery)
            self._nursery_lost = True
            for hand in list(self._hands.values()):
                yield from self._bury(hand)

    def _bury(self, hand: Hand) -> Iterator[StepFact]:
        """A worker is gone: take what it still said, and settle its order."""
        yield from self._hear(hand) if not hand.channel.ended else ()
        for descriptor in hand.outputs:
            hand.read(descriptor, self._log_of, end=True)
        order, now = hand.order, self._clock.now()
        written = hand.end()
        self._forget(hand)  # before anybody is told, who might have an order for it
        if order is not None:
            if hand.ending is not None and hand.ending.reason == "cancel":
                yield AttemptCanceled(now, order.name, order.attempt)
            else:
                error = error_info(
                    orphaned(order.name)
                    if self._nursery_lost and hand.code is None
                    else hand.death(order, self._grace, self._log_path(order))
                )
                seconds = self._clock.monotonic() - hand.began
                yield AttemptFailed(
                    now,
                    order.name,
                    order.attempt,
                    error,
                    seconds=seconds,
                    log_bytes=written,
                    cpu=max(0.0, hand.cpu - hand.used),
                    memory=hand.memory,
                )
        self._assign()
        yield from self._say()

    def _log_path(self, order: StepOrder) -> Path | None:
        logs = self._begin.logs
        return None if logs is None else log_file(logs, order.name, order.attempt)

    # Watching

    def _patience(self, timeout: float | None) -> float | None:
        """How long to wait at most, given what has to be done at some time."""
        now = self._clock.monotonic()
        limits = [] if timeout is None else [timeout]
        for hand in self._hands.values():
            if hand.order is not None:
                limits.append(GLANCE)
            if hand.deadline is not None:
                limits.append(hand.deadline - now)
            if hand.ending is not None:
                limits.append(hand.ending.killed_at - now)
        return max(0.0, min(limits)) if limits else None

    def _watch(self) -> Iterator[StepFact]:
        """End what takes too long or too much, kill what does not end, bury what nobody tells about."""
        now = self._clock.monotonic()
        glance = now - self._glanced >= GLANCE
        if glance:
            self._glanced = now
        for hand in list(self._hands.values()):
            if hand.ending is not None and now >= hand.ending.killed_at:
                self._kill(hand)
            if hand.channel_closed_at is not None and now - hand.channel_closed_at > PATIENCE:
                self._nursery.kill(hand.number, signal.SIGKILL)
                yield from self._bury(hand)
            elif hand.order is not None and hand.ending is None:
                if hand.deadline is not None and now >= hand.deadline:
                    self._end(hand, "timeout")
                elif glance and hand.pid is not None:
                    self._weigh(hand, hand.order)

    def _weigh(self, hand: Hand, order: StepOrder) -> None:
        hand.memory = max(hand.memory, resident_with_descendants(hand.pid or 0))
        limit = order.conditions.memory
        if limit is not None and hand.memory > limit:
            self._end(hand, "memory")

    def _end(self, hand: Hand, reason: Reason) -> None:
        """Ask a worker to end; where memory runs out there is no time to ask."""
        if hand.ending is None:
            at_once = reason == "memory"
            self._nursery.kill(hand.number, signal.SIGKILL if at_once else signal.SIGTERM)
            hand.ending = Ending(reason, NEVER if at_once else self._clock.monotonic() + self._grace)

    def _kill(self, hand: Hand) -> None:
        self._nursery.kill(hand.number, signal.SIGKILL)
        if hand.ending is not None:
            hand.ending = hand.ending._replace(killed_at=NEVER)

    # The end

    def _dismiss(self, hand: Hand) -> None:
        """Let a free worker go."""
        hand.spent = True
        hand.channel.hang_up()

    def _forget(self, hand: Hand) -> None:
        registered = self._selector.get_map()
        for descriptor in hand.outputs:
            if descriptor in registered:
                self._selector.unregister(descriptor)
            os.close(descriptor)
        if hand.channel.fileno() in registered:
            self._selector.unregister(hand.channel)
        hand.channel.close()
        del self._hands[hand.number]

    def close(self) -> None:
        """Let free workers tear down what they have set up, then end everything that is left."""
        self._queue.clear()
        for hand in list(self._hands.values()):
            self._dismiss(hand)
        deadline = self._clock.monotonic() + self._grace
        while self._hands and all(hand.order is None for hand in self._hands.values()):
            left = deadline - self._clock.monotonic()
            if left <= 0 or self._nursery_lost:
                break
            for key, _ in self._selector.select(left):
                if key.fileobj is self._nursery:
                    for _ in self._hear_server():
                        pass
                elif key.fileobj is self._woken:
                    self._woken.recv(4096)
                    deadline = min(deadline, self._clock.monotonic())  # somebody is in a hurry
                else:
                    self._drain(*key.data)
        for hand in list(self._hands.values()):
            self._forget(hand)
        self._selector.close()
        self._waking.close()
        self._woken.close()
        self._nursery.close()
        if self._nursery_lost and self._begin.logs is not None:
            kill_leftovers(self._begin.logs, self._begin.run.id)  # what its workers left has nobody else

    def _drain(self, hand: Hand, descriptor: int | None) -> None:
        if hand.number not in self._hands:
            return
        if descriptor is None:
            hand.channel.arrived()
            if hand.channel.ended:
                self._selector.unregister(hand.channel)
        elif not hand.read(descriptor, self._log_of):
            self._selector.unregister(descriptor)
