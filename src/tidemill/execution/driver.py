"""The driver: carries out what the run machine says, and commits what happened.

    machine ──commands──▶ driver ──orders──▶ executor
       ▲                    │ └──events──▶ store, listeners
       └────── facts ───────┴───────────── executor

What happened is committed before the driver waits, and at most milliseconds later where it does not wait (`recorder`):
a step that takes an hour cannot lose the one before it.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import inf

from tidemill.core.clock import Clock
from tidemill.core.events import (
    Event,
    Materialized,
    Observed,
    Passed,
    RunCanceled,
    RunFailed,
    StepCanceled,
    StepExpanded,
    StepFailed,
    StepRetrying,
    StepSkipped,
    StepSucceeded,
)
from tidemill.core.keys import StepKey
from tidemill.core.records import PassedValue, RunStatus, Version, observed_version
from tidemill.definitions.units.terms import PLAIN_TERMS, Terms
from tidemill.definitions.units.unit import Source
from tidemill.execution.interrupts import INTERRUPTED, Interrupts
from tidemill.execution.lookup import Lookup
from tidemill.execution.recorder import Recorder
from tidemill.execution.run_tags import too_long
from tidemill.execution.scarcity import Scarce
from tidemill.executors.port import Executor
from tidemill.executors.vitals import usable_cores
from tidemill.planning.machine import RunMachine
from tidemill.planning.plan import Plan, PlannedInput, PlanStep, Slice
from tidemill.planning.signals import (
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
    Pending,
    Record,
    Stimulus,
    WakeAfter,
    Woke,
)
from tidemill.work.failures import error_info
from tidemill.work.orders import (
    UNCONDITIONAL,
    UNKNOWN,
    Conditions,
    LogLine,
    MadeFrom,
    OrderInput,
    OrderWire,
    Progress,
    RunInfo,
    StepOrder,
)

Listener = Callable[[Event | LogLine | Progress], None]

SEED_BYTES = 8

OVER = (StepSucceeded, StepSkipped, StepFailed, StepRetrying, StepCanceled)
"""Events after which a step holds nothing."""

ASK_AGAIN = 0.1
"""Seconds until a step asks again for what others hold."""


class Driver:
    """Drives one run to its end.

    Args:
        run: What steps may know of it.
        plan: Its steps.
        machine: Decides.
        executor: Runs steps.
        recorder: Remembers.
        scarce: Gives steps what is limited.
        clock: Where time comes from.
        configs: Config of each step that has one.
        terms: Terms of each step that has some.
        made_from: What of each step's results is known before it runs, in a store that outlives the run.
        lookup: Tells whether the store has what a step would make; None where nothing asks.
        latest: Versions for inputs that it does not make: the latest when the run was planned, or those of the past.
        passed: Values that steps of an earlier run, or of an earlier driver of this one, gave for others.
        seeds: What the random sources of steps are to be seeded with, where that is known before.
        retries: Whether a step that fails may be tried again.
        again: Whether another driver had the run before.
        listener: Told every event, log line and progress.
        entropy: Gives that many random bytes, for the seeds of steps.
        max_runtime: Seconds after which the run is ended, as failed; a step in this process is waited for.
    """

    def __init__(
        self,
        run: RunInfo,
        plan: Plan,
        machine: RunMachine,
        executor: Executor,
        recorder: Recorder,
        scarce: Scarce,
        clock: Clock,
        *,
        configs: Mapping[str, Mapping[str, object]],
        terms: Mapping[str, Terms],
        made_from: Mapping[str, MadeFrom],
        lookup: Lookup | None = None,
        latest: Mapping[Slice, Version],
        passed: Sequence[PassedValue] = (),
        seeds: Mapping[str, int] | None = None,
        retries: bool = True,
        again: bool = False,
        listener: Listener | None = None,
        entropy: Callable[[int], bytes] = os.urandom,
        max_runtime: float | None = None,
    ) -> None:
        self._run = run
        self._steps = {step.name: step for step in plan.steps}
        self._machine = machine
        self._executor = executor
        self._recorder = recorder
        self._scarce = scarce
        self._clock = clock
        self._configs = configs
        self._terms = terms
        self._made_from = made_from
        self._lookup = lookup
        self._latest = dict(latest)
        self._passed: dict[tuple[str, str], dict[str | None, PassedValue]] = {}
        for value in passed:
            self._keep(value)
        self._seeds = seeds or {}
        self._retries = retries
        self._again = again
        self._listener = listener
        self._entropy = entropy
        self._max_runtime = max_runtime
        self._deadline = inf if max_runtime is None else clock.monotonic() + max_runtime
        self._cores = usable_cores()
        self._timers: list[tuple[float, str]] = []
        self._finished = False
        self._narrowed: set[str] = set()  # steps that make fewer partitions than the run is of
        self._interrupts = Interrupts(executor.wake)

    def drive(self) -> RunStatus:
        """Run to the end.

        Returns:
            The final status.

        Raises:
            StoreError: Something could not be recorded; the run is marked failed where that is still possible.
        """
        try:
            self._interrupts.hold()
            self._take(Begin(self._clock.now(), self._again))
            while not self._finished:
                self._turn()
            self._recorder.flush()
        except BaseException as error:
            self._abandon(error)
            raise
        finally:
            self._recorder.close()
            self._executor.close()
            self._interrupts.release()
        return self._machine.status

    def _turn(self) -> None:
        """Wait for what happens next, take it in."""
        now = self._clock.monotonic()
        while self._timers and self._timers[0][0] <= now:
            self._take(Woke(self._clock.now(), heapq.heappop(self._timers)[1]))
        if now >= self._deadline and self._max_runtime is not None:
            self._deadline, error = inf, too_long(self._max_runtime)
            if not self._machine.canceling:
                self._take(CancelAsked(self._clock.now(), error.problem, None, error_info(error)))
        patience = self._recorder.tick()
        timeout = max(0.0, self._timers[0][0] - now) if self._timers else None
        if self._deadline < inf:
            left = max(0.0, self._deadline - now)
            timeout = left if timeout is None else min(timeout, left)
        if patience is not None:
            timeout = patience if timeout is None else min(timeout, patience)
        try:
            self._allow()
            for fact in self._executor.facts(timeout):
                self._interrupts.forbid()
                if isinstance(fact, (LogLine, Progress)):
                    if self._listener is not None:
                        self._listener(fact)
                else:
                    self._take(fact)
                self._allow()
        except KeyboardInterrupt:
            self._interrupts.pending = True
        self._interrupts.forbid()
        pending = self._interrupts.pending
        # Where a signal comes from another command, the store has what that wants.
        asked = self._recorder.look() if pending else self._recorder.asked
        if pending or (asked is not None and not self._machine.canceling):
            # Asked by hand a second time, what still runs is killed; a request in the store is one and the same.
            self._interrupts.pending = False
            reason, grace = (asked.reason, asked.grace) if asked is not None else (INTERRUPTED, None)
            self._take(CancelAsked(self._clock.now(), reason, grace))

    def _allow(self) -> None:
        """Let Ctrl-C break into user code; where none runs on this thread, it waits for the end of the turn."""
        if self._executor.here:
            self._interrupts.allow()

    def _take(self, stimulus: Stimulus) -> None:
        stimuli = [stimulus]
        for one in stimuli:
            for command in self._machine.handle(one):
                if isinstance(command, Cancel):
                    # What comes of it waits until all that was decided before is carried out.
                    facts = self._executor.cancel(command.step, command.grace)
                    stimuli.extend([fact for fact in facts if not isinstance(fact, (LogLine, Progress))])
                elif isinstance(command, Look):
                    stimuli.append(self._look(command.step))
                elif isinstance(command, Claim):
                    stimuli.append(self._claim(command.step))
                else:
                    self._carry_out(command)

    def _look(self, step: str) -> Found | Missing | Pending:
        assert self._lookup is not None
        planned = self._steps[step]
        inputs = [self._resolve(one) for one in planned.inputs]
        answer = self._lookup.look(planned, inputs, self._latest)
        if isinstance(answer, Missing) and answer.partitions:
            self._steps[step] = self._lookup.narrowed(planned, answer.partitions)
            self._narrowed.add(step)
        if isinstance(answer, Pending) and self._listener is not None:
            self._listener(Progress(answer.at, step, 0, 0, None, f"waits for {answer.holder}"))
        return answer

    def _claim(self, step: str) -> Granted | Denied:
        claim, now = self._scarce.claim(step), self._clock.now()
        if claim.granted:
            return Granted(now, step)
        if self._listener is not None:
            who = ", ".join(f"{holder.step} of run {holder.run}" for holder in claim.holders)
            what = claim.holders[0].pool if claim.holders else "what it needs"
            self._listener(Progress(now, step, 0, 0, None, f"waits for {what}, held by {who}"))
        return Denied(now, step, ASK_AGAIN)

    def _carry_out(self, command: Command) -> None:
        if isinstance(command, Record):
            event = command.event
            self._recorder.add(event)
            self._take_note(event)
            if self._listener is not None:
                self._listener(event)
        elif isinstance(command, Launch):
            self._executor.launch(self._order(command))
        elif isinstance(command, WakeAfter):
            heapq.heappush(self._timers, (self._clock.monotonic() + command.seconds, command.step))
        elif isinstance(command, Finish):
            self._finished = True

    def _take_note(self, event: Event) -> None:
        """What later steps need to know of what happened."""
        if isinstance(event, Materialized):
            version = event.version
            self._latest[version.asset, version.partition] = version
        elif isinstance(event, Passed):
            self._keep(event.value)
        elif isinstance(event, StepExpanded):
            pattern = self._steps[event.step]
            mapped = [pattern.mapped(key) for key in event.keys]
            self._steps.update({step.name: step for step in mapped})
        elif isinstance(event, Observed):
            self._observe(event)
        elif isinstance(event, OVER):
            self._scarce.release(event.step)
            if isinstance(event, StepRetrying):  # what the attempt gave counts for nothing
                for place in [place for place in self._passed if place[0] == event.step]:
                    del self._passed[place]

    def _keep(self, value: PassedValue) -> None:
        self._passed.setdefault((value.step, value.output), {})[value.mapping] = value

    def _observe(self, event: Observed) -> None:
        """What is made from an asset that the run observes is made from what it was observed to be."""
        seen, observers = event.observation, self._steps[event.step]
        if seen.data_version is None or observers.kind != "observation":
            return
        name = seen.asset, seen.partition
        self._latest[name] = observed_version(*name, seen.data_version, event.at, self._latest.get(name))

    def _conditions(self, step: str) -> Conditions:
        """In this process the user's settings and random state stay what they are, unless the step says otherwise."""
        terms = self._terms.get(StepKey.unit_of(step), PLAIN_TERMS)
        seed = self._seeds.get(step, terms.seed)
        if self._executor.here:
            return UNCONDITIONAL if seed is None else Conditions(seed=seed)
        # A seed of the past was drawn too: code that seeds while it is imported counts for more, now as it did then.
        drawn = terms.seed is None
        if seed is None:
            seed = int.from_bytes(self._entropy(SEED_BYTES), "big") >> 1  # a signed integer for the database
        threads = max(1, self._cores // self._machine.busy)
        devices = self._scarce.devices(step)
        isolation = terms.isolation
        if devices is not None and isolation == "pool":
            isolation = "process"  # a library that has seen one GPU does not look for another
        return Conditions(seed, terms.timeout, terms.memory, devices, threads, isolation, drawn)

    def _order(self, launch: Launch) -> StepOrder:
        step: PlanStep = self._steps[launch.step]
        run = self._run
        if launch.step in self._narrowed and step.key.partitions is not None:
            run = run._replace(keys=step.key.partitions.keys, partition=step.key.partitions.single)
        return StepOrder(
            run,
            step.key,
            step.name,
            launch.attempt,
            step.outputs,
            step.checks,
            tuple([self._resolve(planned) for planned in step.inputs]),
            self._configs.get(step.key.unit, _NO_CONFIG),
            self._conditions(step.name),
            self._made_from.get(step.owner, UNKNOWN),
            tuple([OrderWire(w.name, self._received(w.sources, step), w.fan_in) for w in step.wires])
            if step.wires
            else (),
            step.retry_policy.max_retries if step.retry_policy is not None and self._retries else 0,
        )

    def _received(self, sources: Sequence[Source], step: PlanStep) -> tuple[PassedValue | Version, ...]:
        """What other steps gave for an input, in order."""
        return tuple([value for source in sources for value in self._given(source, step.key.mapping)])

    def _given(self, source: Source, mapping: str | None) -> Iterator[PassedValue | Version]:
        own = self._passed.get((source.step, source.output), {})
        pattern = self._steps.get(source.step)
        if source.how == "one":
            if pattern is not None and source.output in pattern.shares:
                partition = pattern.key.partitions.single if pattern.key.partitions is not None else None
                version = self._latest.get((pattern.shares[source.output], partition))
                yield from [version] if version is not None else []
            yield from own.values()
            return
        over = pattern.over if pattern is not None else None
        if over is None:  # the dynamic output itself
            yield from own.values() if source.how == "all" else [own[mapping]] if mapping in own else []
            return
        keys = self._passed.get((over.step, over.output or ""), {}) if source.how == "all" else (mapping,)
        for key in keys:
            yield from self._passed.get((f"{source.step}[{key}]", source.output), {}).values()

    def _resolve(self, planned: PlannedInput) -> OrderInput:
        return OrderInput(
            planned.name,
            planned.asset,
            planned.is_argument,
            tuple(
                [
                    (partition, self._latest.get((planned.asset, partition)))
                    for partition in planned.partitions
                ]
            ),
            planned.many,
            planned.shares,
        )

    def _abandon(self, error: BaseException) -> None:
        """Leave no run in doubt: what was recorded is kept, and the run ends with the reason, and what runs with it."""
        for rescue in (self._recorder.flush, self._recorder.drop):
            # What could not be recorded before is tried once more, then given up for the end of the run.
            try:
                lost = rescue() or []
                for end in self._ends(error, lost):
                    self._recorder.add(end)
                self._recorder.flush()
            except Exception:  # noqa: BLE001  (the first error is the one to tell)
                continue
            return

    def _ends(self, error: BaseException, lost: Sequence[Event]) -> list[Event]:
        """The end of the run, after those of steps that run, or whose end could not be recorded."""
        now, reason = self._clock.now(), error_info(error)
        ended = {event.step: event.attempt for event in lost if isinstance(event, OVER)}
        attempts = {**ended, **dict(self._machine.open_attempts)}
        if isinstance(error, KeyboardInterrupt):
            return [*(StepCanceled(now, *each) for each in attempts.items()), RunCanceled(now, INTERRUPTED)]
        failed: list[Event] = [StepFailed(now, *each, reason) for each in attempts.items()]
        return [*failed, RunFailed(now, tuple(attempts), reason)]


_NO_CONFIG: Mapping[str, object] = {}
