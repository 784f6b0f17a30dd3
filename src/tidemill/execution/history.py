"""What became of a run: what a re-execution of it starts from, and what another driver of it goes on with.

    store ──read_past──▶ Past ──reruns──▶ Prepared

A run that was itself a re-execution holds only the steps that it ran. Of the others the nearest of its ancestors tells
what became of them, so that a re-execution of a re-execution sees the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tidemill.core.events import StepStarted, StepSucceeded
from tidemill.core.keys import AssetKey
from tidemill.core.records import PlannedStep, RunState, StepState, Version
from tidemill.planning.plan import Slice
from tidemill.storage.reads import Reads


class Past(NamedTuple):
    """What became of a run and, for the steps that it left out, of the runs that it re-executed.

    Attributes:
        state: The run.
        planned: Step → as it was promised.
        steps: Step → what became of it.
        outputs: Step → the outputs that it gave.
        seeds: Step → what the random sources of its last attempt were seeded with.
        versions: The last version of each asset and partition that they made.
    """

    state: RunState
    planned: Mapping[str, PlannedStep]
    steps: Mapping[str, StepState]
    outputs: Mapping[str, frozenset[str]]
    seeds: Mapping[str, int]
    versions: Mapping[Slice, Version]

    @property
    def own(self) -> list[str]:
        """The steps of the run itself, in plan order."""
        return [planned.step for planned in self.state.run.steps]

    def step_named(self, name: str) -> str | None:
        """The step of the run of that name, or the one that makes the asset of that name."""
        if name in self.own:
            return name
        asset = AssetKey.from_user_string(name)
        return next((step for step in self.own if asset in self.planned[step].assets), None)


def read_past(store: Reads, run_id: str) -> Past:
    """Read it.

    Raises:
        RunNotFoundError: There is no such run.
    """
    state = store.run(run_id)
    past = Past(state, {}, {}, {}, {}, {})
    nearest: RunState | None = state
    while nearest is not None:
        past = _with(past, nearest, store)
        parent = nearest.run.parent_id
        nearest = next(iter(store.runs(ids=[parent])), None) if parent is not None else None
    return past


def _with(past: Past, state: RunState, store: Reads) -> Past:
    """What is known, and what a run further back adds."""
    run = state.run
    seeds: dict[str, int] = {}
    outputs: dict[str, frozenset[str]] = {}
    for stored in store.events(run.id, kinds=[StepStarted, StepSucceeded]):
        event = stored.event
        if isinstance(event, StepStarted) and event.seed is not None:
            seeds[event.step] = event.seed
        elif isinstance(event, StepSucceeded):
            outputs[event.step] = frozenset(output.name for output in event.outputs)
    # Of a step that a nearer run made again, nothing counts that is older, not even where it failed there.
    new = [planned for planned in run.steps if planned.step not in past.planned]
    names = {planned.step for planned in new}
    return Past(
        past.state,
        {**past.planned, **{planned.step: planned for planned in new}},
        {**past.steps, **{step.step: step for step in store.steps(run.id) if step.step in names}},
        {**past.outputs, **{step: given for step, given in outputs.items() if step in names}},
        {**past.seeds, **{step: seed for step, seed in seeds.items() if step in names}},
        {
            **past.versions,
            **{(v.asset, v.partition): v for v in store.versions_of_run(run.id) if v.step in names},
        },
    )
