"""The run machine: what has happened goes in, what to do comes out. No clock, no disk, no processes.

    worker ──▶ StepStarted, Materialized, …, AttemptSucceeded | AttemptFailed | AttemptCanceled
    timer  ──▶ Woke          person ──▶ CancelAsked
                     │
               RunMachine.handle(stimulus) ──▶ Record(event) · Launch · WakeAfter · Cancel · Finish
                                                     │            │        │        │       │
                                                   store      executor   timer  executor  driver

A step waits until all that it needs is settled, and only then is its fate decided, so that the outcome of a run does
not depend on the order in which things happened:

    waiting ─▶ (looking ⇄ pending) ─▶ ready ─▶ (claiming) ─▶ running ─▶ succeeded │ skipped │ failed │ canceled
       │                                ▲  │
       │                                │  └─▶ retrying (waits for `Woke`, then ready again)
       └──▶ blocked (something needed failed) · skipped (something needed was not given) · canceled

A step over a dynamic output is a pattern. When the step that gives that output is settled, the pattern is expanded: it
becomes one step for each mapping key, and is settled when all of these are.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from tidemill.core.errors import InvariantViolationError
from tidemill.core.events import (
    RunCanceled,
    RunFailed,
    RunStarted,
    RunSucceeded,
    StepBlocked,
    StepCanceled,
    StepExpanded,
    StepFailed,
    StepRetrying,
    StepReused,
    StepSkipped,
    StepSucceeded,
)
from tidemill.core.records import ErrorInfo, RunStatus
from tidemill.planning.signals import (
    AttemptCanceled,
    AttemptFailed,
    AttemptSucceeded,
    Begin,
    Cancel,
    CancelAsked,
    Claim,
    Command,
    Denied,
    Finish,
    Found,
    Granted,
    Launch,
    Look,
    Missing,
    OfAttempt,
    OfStep,
    Pending,
    Record,
    StepEnd,
    Stimulus,
    WakeAfter,
    Woke,
)
from tidemill.planning.steps import SETTLED, MachineStep, Progress, State, mapping_keys

_Entry: TypeAlias = tuple[int, tuple[int, int], Progress]  # of a heap: the first goes first


class RunMachine:
    """Progress of one run.

    Args:
        steps: In plan order: a step comes after all that it needs.
        slots: How many steps may run at a time.
        limits: How many of the steps that count under a name may run at a time, by name.
        retries: Whether a step that fails may be tried again.
        random: Gives the jitter of retries, in [0, 1); a source of its own by default.

    Raises:
        InvariantViolationError: A step needs one that does not come before it, or two have one name.
    """

    def __init__(
        self,
        steps: Sequence[MachineStep],
        *,
        slots: int = 1,
        limits: Mapping[str, int] | None = None,
        retries: bool = True,
        random: Callable[[], float] | None = None,
    ) -> None:
        self._slots = slots
        self._left = dict(limits or {})
        self._retries = retries
        self._random = random
        self._ready: list[_Entry] = []
        self._held: dict[str, list[_Entry]] = {}
        self._to_look: list[str] = []
        self._running = 0
        self._unsettled = sum(step.settled is None for step in steps)
        self._cancel_reason: str | None = None
        self._error: ErrorInfo | None = None
        self.status: RunStatus = "queued"
        self._steps: dict[str, Progress] = {}
        self._patterns: dict[str, MachineStep] = {}
        for position, step in enumerate(steps):
            self._add(Progress(step, (position, 0)))

    def _add(self, progress: Progress) -> None:
        """Take in a step, which waits for those of its needs that are not settled; a pattern waits for its output."""
        step = progress.step
        for needed in {need.step for need in step.needs} | ({step.over.step} if step.over else set()):
            upstream = self._steps.get(needed)
            if upstream is None:
                raise InvariantViolationError(
                    f"Step {step.name!r} needs {needed!r}, which does not come before it",
                    subject=step.name,
                    found=needed,
                    expected="steps in the order in which they can run",
                )
            if step.over is None and progress.state not in SETTLED and upstream.state not in SETTLED:
                upstream.consumers.append(progress)
                progress.missing += 1
        if step.over is not None:
            self._patterns[step.name] = step
            self._steps[step.over.step].patterns.append(progress)
        if self._steps.setdefault(step.name, progress) is not progress:
            raise InvariantViolationError(f"Two steps are called {step.name!r}", subject=step.name)

    def state(self, step: str) -> State:
        """What has become of a step so far."""
        return self._steps[step].state

    @property
    def canceling(self) -> bool:
        """Whether somebody has asked for the run to end."""
        return self._cancel_reason is not None

    @property
    def open_attempts(self) -> list[tuple[str, int]]:
        """Steps that have begun and not ended, each with its last attempt, in plan order."""
        begun = [(name, one) for name, one in self._steps.items() if one.attempt > one.step.attempts]
        return [(name, progress.attempt) for name, progress in begun if progress.state not in SETTLED]

    @property
    def busy(self) -> int:
        """How many steps run at the same time now, once those that are ready have begun; at least 1."""
        return max(1, min(self._slots, self._running + len(self._ready)))

    def handle(self, stimulus: Stimulus) -> list[Command]:
        """Take in one fact; say what to do.

        A fact about an attempt that is not the current one (it came too late, or twice) changes nothing and gives no
        command, and so does every fact after the end of the run.
        """
        commands: list[Command] = []
        if isinstance(stimulus, Begin):
            if self.status != "queued":
                return commands
            self._begin(stimulus, commands)
        elif self.status != "started":
            return commands
        elif isinstance(stimulus, CancelAsked):
            self._cancel(stimulus, commands)
        else:
            self._of_step(self._steps[stimulus.step], stimulus, commands)
        self._launch(commands)
        commands.extend(map(Look, self._to_look))
        self._to_look.clear()
        if self._unsettled == 0 and self.status == "started":
            self._finish(stimulus.at, commands)
        return commands

    def _begin(self, begin: Begin, commands: list[Command]) -> None:
        self.status = "started"
        if not begin.again:
            commands.append(Record(RunStarted(begin.at)))
        for progress in list(self._steps.values()):
            if progress.state in SETTLED:
                self._follow(self._expanded(progress, begin.at, commands), begin.at, commands)
                continue
            open_now = progress.missing == 0 and progress.state == "waiting" and progress.step.over is None
            if open_now and not self._open(progress, begin.at, commands):
                self._follow([progress], begin.at, commands)

    def _of_step(self, progress: Progress, stimulus: OfStep, commands: list[Command]) -> None:
        if isinstance(stimulus, Woke):
            if progress.state == "retrying":
                self._make_ready(progress)
            elif progress.state == "pending":
                self._look(progress)
        elif isinstance(stimulus, (Found, Missing, Pending)):
            self._looked(progress, stimulus, commands)
        elif isinstance(stimulus, (Granted, Denied)):
            self._claimed(progress, stimulus, commands)
        elif progress.state == "running" and progress.attempt == stimulus.attempt:
            self._attempt(progress, stimulus, commands)

    def _attempt(self, progress: Progress, stimulus: OfAttempt, commands: list[Command]) -> None:
        """A fact about the current attempt at a step."""
        if isinstance(stimulus, AttemptSucceeded):
            self._succeed(progress, stimulus, commands)
        elif isinstance(stimulus, AttemptFailed):
            self._fail(progress, stimulus, commands)
        elif isinstance(stimulus, AttemptCanceled):
            self._end(progress, "canceled", StepCanceled(*stimulus), commands)
        else:
            commands.append(Record(stimulus))

    def _succeed(self, progress: Progress, done: AttemptSucceeded, commands: list[Command]) -> None:
        progress.outputs = frozenset([output.name for output in done.outputs])
        progress.keys = mapping_keys(done.outputs)
        if progress.step.gives and not done.outputs:
            at, step, attempt, inputs, _, seconds, log_bytes, _, _, withheld = done
            progress.cause = step
            skipped = StepSkipped(at, step, step, attempt, inputs, seconds, log_bytes, withheld)
            self._end(progress, "skipped", skipped, commands)
        else:
            self._end(progress, "succeeded", StepSucceeded(*done), commands)

    def _fail(self, progress: Progress, failed: AttemptFailed, commands: list[Command]) -> None:
        at, step, attempt, error, _, _, seconds, log_bytes, cpu, memory, inputs, code = failed
        wait = None if self._cancel_reason is not None else self._retry_wait(progress.step, failed)
        if wait is None:
            progress.cause = step
            event = StepFailed(at, step, attempt, error, seconds, log_bytes, cpu, memory, inputs, code)
            self._end(progress, "failed", event, commands)
            return
        self._vacate(progress)
        commands.append(Record(StepRetrying(at, step, attempt, error, wait, log_bytes, inputs)))
        if wait > 0:
            progress.state = "retrying"
            commands.append(WakeAfter(step, wait))
        else:
            self._make_ready(progress)

    def _end(self, progress: Progress, state: State, event: StepEnd, commands: list[Command]) -> None:
        """The last attempt at a step is over."""
        self._vacate(progress)
        commands.append(Record(event))
        self._settle(progress, state, event.at, commands)

    def _retry_wait(self, step: MachineStep, failed: AttemptFailed) -> float | None:
        """Seconds until the next attempt, or None where there is none."""
        if failed.final or not self._retries:
            return None
        if failed.asked is not None:
            return failed.asked.wait if failed.attempt <= failed.asked.max_retries else None
        policy = step.retry_policy
        if policy is None or failed.attempt > policy.max_retries:
            return None
        return policy.calculate_delay(failed.attempt, self._random)

    def _cancel(self, asked: CancelAsked, commands: list[Command]) -> None:
        if self._cancel_reason is not None:
            # Somebody is in a hurry: what still runs is canceled once more.
            running = [name for name, progress in self._steps.items() if progress.state == "running"]
            commands.extend(map(Cancel, running))
            return
        self._cancel_reason, self._error = asked.reason, asked.error
        self._ready.clear()
        self._held.clear()
        for name, progress in self._steps.items():
            if progress.state == "running":
                commands.append(Cancel(name, asked.grace))
                continue
            if progress.state == "claiming":
                self._vacate(progress)
            if progress.state not in SETTLED:
                silent = progress.state == "expanded" or progress.step.is_gate
                progress.state = "canceled"
                self._unsettled -= 1
                if silent:  # the steps that it has become say so
                    continue
                commands.append(Record(StepCanceled(asked.at, name, progress.attempt)))

    def _settle(self, progress: Progress, state: State, at: int, commands: list[Command]) -> None:
        """Fix the fate of a step, and of all whose fate follows from it."""
        progress.state = state
        self._follow([progress], at, commands)

    def _follow(self, settled: list[Progress], at: int, commands: list[Command]) -> None:
        for current in settled:
            self._unsettled -= 1
            settled += self._expanded(current, at, commands)
            for consumer in current.consumers:
                consumer.missing -= 1
                waits = consumer.missing or consumer.state != "waiting"
                if not waits and not self._open(consumer, at, commands):
                    settled.append(consumer)
            if current.pattern is not None and current.pattern.state == "expanded":
                current.pattern.left -= 1
                if self._gather(current.pattern):
                    settled.append(current.pattern)

    def _expanded(self, origin: Progress, at: int, commands: list[Command]) -> list[Progress]:
        """Make of the patterns over a settled step's outputs the steps that they stand for; what is settled by that."""
        settled: list[Progress] = []
        for pattern in origin.patterns:
            if pattern.step.settled is not None and not pattern.mapped:
                self._map(pattern, origin)
            if pattern.state != "waiting":
                continue
            if origin.state in ("failed", "blocked", "canceled", "skipped", "reused"):
                self._share_fate(pattern, origin, at, commands)
                settled.append(pattern)
            else:
                settled += self._expand(pattern, origin, at, commands)
        return settled

    def _share_fate(self, pattern: Progress, origin: Progress, at: int, commands: list[Command]) -> None:
        """Nothing was given to map over."""
        name, cause = pattern.step.name, origin.cause or origin.step.name
        if origin.state == "reused":
            pattern.state = "reused"
            commands.append(Record(StepReused(at, name, f"with {pattern.step.gate}")))
            return
        blocked = origin.state != "skipped"
        pattern.cause = cause
        pattern.state = "blocked" if blocked else "skipped"
        commands.append(Record(StepBlocked(at, name, cause) if blocked else StepSkipped(at, name, cause)))

    def _expand(
        self, pattern: Progress, origin: Progress, at: int, commands: list[Command]
    ) -> list[Progress]:
        keys = self._map(pattern, origin)
        pattern.state = "expanded"
        begun = [one for one in pattern.mapped if one.state not in SETTLED]
        pattern.left = len(begun)
        self._unsettled += len(begun)
        old = tuple([key for key, one in zip(keys, pattern.mapped, strict=True) if one.state in SETTLED])
        commands.append(Record(StepExpanded(at, pattern.step.name, keys, old)))
        settled = [one for one in begun if one.missing == 0 and not self._open(one, at, commands)]
        return [*settled, *([pattern] if self._gather(pattern) else [])]

    def _map(self, pattern: Progress, origin: Progress) -> tuple[str, ...]:
        """Make the steps that a pattern stands for; of a settled one, those of the past. Their mapping keys."""
        assert pattern.step.over is not None
        keys = origin.keys.get(pattern.step.over.output or "", ())
        for number, key in enumerate(keys):
            step = pattern.step.mapped(key, self._patterns)
            if step.settled is None and pattern.step.settled is not None:
                continue
            progress = Progress(step, (pattern.position[0], number), pattern)
            self._add(progress)
            pattern.mapped.append(progress)
        return keys

    def _gather(self, pattern: Progress) -> bool:
        """Settle a pattern by what became of its steps; False while some of them are not settled."""
        if pattern.left:
            return False
        bad = next((one for one in pattern.mapped if one.state in ("failed", "blocked", "canceled")), None)
        pattern.state = "succeeded" if bad is None else "blocked"
        pattern.cause = "" if bad is None else bad.cause or bad.step.name
        pattern.outputs = frozenset().union(*[one.outputs for one in pattern.mapped])
        return True

    def _open(self, progress: Progress, at: int, commands: list[Command]) -> bool:
        """Make a step ready all of whose needs are settled; False where they settle its fate too."""
        gate = progress.step.gate
        if gate is not None and self._steps[gate].state == "reused":
            progress.state, progress.outputs = "reused", progress.step.outputs
            commands.append(Record(StepReused(at, progress.step.name, f"with {gate}")))
            return False
        verdict = self._verdict(progress)
        if verdict is None:
            self._make_ready(progress)
            return True
        progress.cause = verdict.cause
        progress.state = "blocked" if isinstance(verdict, StepBlocked) else "skipped"
        if not progress.step.is_gate:  # those behind it say so
            commands.append(Record(verdict._replace(at=at)))
        return False

    def _verdict(self, progress: Progress) -> StepBlocked | StepSkipped | None:
        """Why a step whose needs are settled cannot run, or None. What failed outweighs what was skipped."""
        wanting: dict[int, str] = {}  # of each input that lacks something, the step to blame
        for number, need in enumerate(progress.step.needs):
            upstream = self._steps[need.step]
            if upstream.state in ("failed", "blocked", "canceled"):
                return StepBlocked(0, progress.step.name, upstream.cause or need.step)
            given = (
                need.output is None
                or (need.how == "all" and upstream.state != "skipped" and not upstream.mapped)
                or need.output in upstream.outputs
                or need.output in upstream.step.keeps
            )
            which = -1 - number if need.among is None else need.among
            if not given:
                wanting.setdefault(which, upstream.cause or need.step)
            elif need.among is not None:
                wanting[which] = ""
        cause = next(filter(None, wanting.values()), None)
        return StepSkipped(0, progress.step.name, cause) if cause is not None else None

    def _looked(self, progress: Progress, answer: Found | Missing | Pending, commands: list[Command]) -> None:
        if progress.state != "looking":
            return
        if isinstance(answer, Pending):
            progress.state = "pending"
            commands.append(WakeAfter(answer.step, answer.wait))
            return
        commands.extend(map(Record, answer.events))
        if isinstance(answer, Missing):
            if progress.step.is_gate:
                self._settle(progress, "succeeded", answer.at, commands)
            else:
                self._make_ready(progress)
            return
        progress.outputs = frozenset(answer.outputs)
        self._settle(progress, "reused", answer.at, commands)

    def _make_ready(self, progress: Progress) -> None:
        if progress.step.looks and progress.state == "waiting":
            self._look(progress)
            return
        progress.state = "ready"
        heapq.heappush(self._ready, (-progress.step.priority, progress.position, progress))

    def _look(self, progress: Progress) -> None:
        progress.state = "looking"
        self._to_look.append(progress.step.name)

    def _launch(self, commands: list[Command]) -> None:
        if self._held:
            self._let_go()
        while self._ready and self._running < self._slots:
            entry = heapq.heappop(self._ready)
            if self._is_held(entry):
                continue
            progress = entry[-1]
            self._occupy(progress)
            if progress.step.claims:
                progress.state = "claiming"  # it keeps its slot while it asks
                commands.append(Claim(progress.step.name))
            else:
                self._start(progress, commands)

    def _is_held(self, entry: _Entry) -> bool:
        """Put a step aside that counts under a name with nothing left; those behind it need not wait for it."""
        for name in entry[-1].step.limited:
            if self._left[name] < 1:
                heapq.heappush(self._held.setdefault(name, []), entry)
                return True
        return False

    def _let_go(self) -> None:
        """Make as many of those that were put aside ready again as could run."""
        for name, waiting in list(self._held.items()):
            room = self._left[name]
            while waiting and room > 0:
                entry = heapq.heappop(waiting)
                if not self._is_held(entry):
                    heapq.heappush(self._ready, entry)
                    room -= 1
            if not waiting:
                del self._held[name]

    def _occupy(self, progress: Progress) -> None:
        self._running += 1
        for name in progress.step.limited:
            self._left[name] -= 1

    def _vacate(self, progress: Progress) -> None:
        self._running -= 1
        for name in progress.step.limited:
            self._left[name] += 1

    def _start(self, progress: Progress, commands: list[Command]) -> None:
        progress.state = "running"
        progress.attempt += 1
        commands.append(Launch(progress.step.name, progress.attempt))

    def _claimed(self, progress: Progress, answer: Granted | Denied, commands: list[Command]) -> None:
        if progress.state != "claiming":
            return
        if isinstance(answer, Granted):
            self._start(progress, commands)
            return
        self._vacate(progress)
        progress.state = "retrying"
        commands.append(WakeAfter(progress.step.name, answer.wait))

    def _finish(self, at: int, commands: list[Command]) -> None:
        failed = [name for name, progress in self._steps.items() if progress.state == "failed"]
        if self._cancel_reason is not None and self._error is None:
            self.status = "canceled"
            commands.append(Record(RunCanceled(at, self._cancel_reason)))
        elif failed or self._error is not None:
            self.status = "failed"
            commands.append(Record(RunFailed(at, tuple(failed), self._error)))
        else:
            self.status = "succeeded"
            commands.append(Record(RunSucceeded(at)))
        commands.append(Finish(self.status))
