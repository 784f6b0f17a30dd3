"""The driver: carries out what the run machine says, and commits what happened.

    machine ──commands──▶ driver ──orders──▶ executor
       ▲                    │ └──events──▶ store, listeners
       └────── facts ───────┴───────────── executor

One transaction a decision: what was recorded is committed before the next step starts, so that a step which takes an
hour cannot lose the one before it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from tidemill.core.events import Event, Materialized, RunCanceled, RunFailed
from tidemill.core.records import RunStatus, Version
from tidemill.execution.home import Home
from tidemill.execution.interrupts import INTERRUPTED, Interrupts
from tidemill.planning.machine import (
    Begin,
    Cancel,
    CancelAsked,
    Command,
    Finish,
    Launch,
    Record,
    RunMachine,
    Stimulus,
    WakeAt,
    Woke,
)
from tidemill.planning.plan import Plan, PlannedInput, PlanStep, Slice
from tidemill.work.failures import error_info
from tidemill.work.orders import LogLine, OrderInput, Progress, RunInfo, StepFact, StepOrder

Listener = Callable[[Event | LogLine | Progress], None]


class Executor(Protocol):
    """Runs orders somewhere. `slots` is how many it takes at a time."""

    slots: int

    def launch(self, order: StepOrder) -> None:
        """Take an order."""
        ...

    def cancel(self, step: str) -> Iterator[StepFact]:
        """End the attempt at a step; what is known at once comes back, the rest through `facts`."""
        ...

    def facts(self, timeout: float | None) -> Iterator[StepFact]:
        """What happened; waits for it at most `timeout` seconds (None: as long as it takes)."""
        ...

    def close(self) -> None:
        """End everything that still runs, and let go of it."""
        ...


class Driver:
    """Drives one run to its end.

    Args:
        run: What steps may know of it.
        plan: Its steps.
        machine: Decides.
        executor: Runs steps.
        home: Remembers.
        configs: Config of each step that has one.
        latest: Versions that were the latest when the run was planned, for inputs that it does not make.
        listener: Told every event, log line and progress.
    """

    def __init__(
        self,
        run: RunInfo,
        plan: Plan,
        machine: RunMachine,
        executor: Executor,
        home: Home,
        *,
        configs: Mapping[str, Mapping[str, object]],
        latest: Mapping[Slice, Version],
        listener: Listener | None = None,
    ) -> None:
        self._run = run
        self._steps = {step.name: step for step in plan.steps}
        self._machine = machine
        self._executor = executor
        self._home = home
        self._configs = configs
        self._latest = dict(latest)
        self._listener = listener
        self._recorded: list[Event] = []
        self._timers: list[tuple[int, str]] = []
        self._finished = False
        self._interrupts = Interrupts()

    def drive(self) -> RunStatus:
        """Run to the end.

        Returns:
            The final status.

        Raises:
            StoreError: Something could not be recorded; the run is marked failed where that is still possible.
        """
        try:
            self._interrupts.hold()
            self._take(Begin(self._home.clock.now()))
            while not self._finished:
                self._turn()
            self._commit()
        except BaseException as error:
            self._abandon(error)
            raise
        finally:
            self._executor.close()
            self._interrupts.release()
        return self._machine.status

    def _turn(self) -> None:
        """Commit, wait for what happens next, take it in."""
        now = self._home.clock.now()
        while self._timers and self._timers[0][0] <= now:
            self._take(Woke(now, heapq.heappop(self._timers)[1]))
        self._commit()
        timeout = max(0.0, (self._timers[0][0] - now) / 1_000_000) if self._timers else None
        try:
            self._interrupts.allow()
            for fact in self._executor.facts(timeout):
                self._interrupts.forbid()
                if isinstance(fact, (LogLine, Progress)):
                    if self._listener is not None:
                        self._listener(fact)
                else:
                    self._take(fact)
                self._interrupts.allow()
        except KeyboardInterrupt:
            self._interrupts.pending = True
        self._interrupts.forbid()
        if self._interrupts.pending:
            self._interrupts.pending = False
            self._take(CancelAsked(self._home.clock.now(), INTERRUPTED))

    def _take(self, stimulus: Stimulus) -> None:
        stimuli = [stimulus]
        for one in stimuli:
            for command in self._machine.handle(one):
                if isinstance(command, Cancel):
                    # What comes of it waits until all that was decided before is carried out.
                    facts = self._executor.cancel(command.step)
                    stimuli.extend([fact for fact in facts if not isinstance(fact, (LogLine, Progress))])
                else:
                    self._carry_out(command)

    def _carry_out(self, command: Command) -> None:
        if isinstance(command, Record):
            event = command.event
            self._recorded.append(event)
            if isinstance(event, Materialized):
                version = event.version
                self._latest[version.asset, version.partition] = version
            if self._listener is not None:
                self._listener(event)
        elif isinstance(command, Launch):
            self._executor.launch(self._order(command))
        elif isinstance(command, WakeAt):
            heapq.heappush(self._timers, (command.at, command.step))
        elif isinstance(command, Finish):
            self._finished = True

    def _order(self, launch: Launch) -> StepOrder:
        step: PlanStep = self._steps[launch.step]
        return StepOrder(
            self._run,
            step.key,
            step.name,
            launch.attempt,
            step.outputs,
            step.checks,
            tuple([self._resolve(planned) for planned in step.inputs]),
            self._configs.get(step.name, _NO_CONFIG),
        )

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
        )

    def _commit(self) -> None:
        if self._recorded:
            recorded, self._recorded = self._recorded, []
            self._home.append(self._run.id, recorded)

    def _abandon(self, error: BaseException) -> None:
        """Leave no run in doubt: what was recorded is kept, and the run ends with the reason."""
        now = self._home.clock.now()
        if isinstance(error, KeyboardInterrupt):
            self._recorded.append(RunCanceled(now, INTERRUPTED))
        else:
            self._recorded.append(RunFailed(now, tuple(self._machine.unfinished), error_info(error)))
        try:
            self._commit()
        except Exception:  # noqa: BLE001  (the first error is the one to tell)
            return


_NO_CONFIG: Mapping[str, object] = {}
