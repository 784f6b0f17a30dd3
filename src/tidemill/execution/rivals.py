"""Other runs, of other processes, that are about to make what a step of this one would make.

A refresh waits for them and uses what they make. Two runs never wait for one another: whoever has the lower number is
waited for as soon as it has planned the step, whoever has the higher only once it has started it, and a step that has
started waits for nobody.
"""

from __future__ import annotations

from tidemill.core.records import LiveRun, PlannedStep, StepStatus
from tidemill.definitions.partitions.partitions import World
from tidemill.definitions.project import Project
from tidemill.home import Home
from tidemill.home.leases import end_dead_runs, is_dead
from tidemill.planning.plan import PlanStep
from tidemill.planning.slices import asked_keys
from tidemill.work.orders import slices_of

AT_WORK: frozenset[StepStatus] = frozenset({"started", "retrying"})


class Rivals:
    """The other runs of a store that are not over.

    Args:
        home: The store.
        run_id: The run that asks.
        project: The definitions.
        world: What partitions depend on.
    """

    def __init__(self, home: Home, run_id: str, project: Project, world: World) -> None:
        self._home = home
        self._project = project
        self._world = world
        self._run_id = run_id
        self._number = 0

    def making(self, step: PlanStep) -> str | None:
        """Who is making what a step would make, in words; None where nobody is."""
        live = self._home.store.live_runs(but=self._run_id)
        if not live:
            return None
        now = self._home.clock.now()
        if any(is_dead(run, now) for run in live):
            end_dead_runs(self._home)
            live = self._home.store.live_runs(but=self._run_id)
        return next((words for run in live if (words := self._makes(run, step)) is not None), None)

    def _makes(self, rival: LiveRun, step: PlanStep) -> str | None:
        store = self._home.store
        planned = store.run(rival.id).run.steps
        makers = [one.step for one in planned if self._is_same(one, step) and self._meet(one, step)]
        if not makers:
            return None
        self._number = self._number or store.run(self._run_id).number
        statuses = {state.step: state.status for state in store.steps(rival.id)}
        waited = [
            is_waited_for(statuses.get(maker, "planned"), own=self._number, rival=rival.number)
            for maker in makers
        ]
        if not any(waited):
            return None
        return f"run {rival.number}, which makes the same"

    def _is_same(self, planned: PlannedStep, step: PlanStep) -> bool:
        """Whether a step of another run is this one; of a graph as a whole, a part of it."""
        if not step.is_gate:
            return planned.step == step.name
        return any(part.name == planned.step for part in self._project.units[step.name].parts)

    def _meet(self, planned: PlannedStep, step: PlanStep) -> bool:
        """Whether two steps make a slice in common."""
        own = slices_of(step.key)
        if not planned.partitions:
            return planned.partition in own
        definition = self._project.unit(step.name).partitions
        if definition is None:
            return False
        theirs = asked_keys(planned.partitions, definition, self._world, step.name)
        return not set(own).isdisjoint(theirs)


def is_waited_for(status: StepStatus, *, own: int, rival: int) -> bool:
    """Whether a run waits for a step of another, by its status there and the numbers of both."""
    return status in AT_WORK or (status == "planned" and rival < own)
