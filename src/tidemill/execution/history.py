"""What became of a run: what a re-execution of it starts from, and what another driver of it goes on with.

    store ──read_past──▶ Past ──reruns──▶ Prepared

A run that was itself a re-execution holds only the steps that it ran. Of the others the nearest of its ancestors tells
what became of them, so that a re-execution of a re-execution sees the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tidemill.core.events import Passed, StepExpanded, StepStarted, StepSucceeded
from tidemill.core.keys import AssetKey
from tidemill.core.records import PassedValue, PlannedStep, RunState, StepState, Version
from tidemill.planning.plan import Slice
from tidemill.planning.steps import mapping_keys
from tidemill.storage.reads import Reads

DONE = frozenset({"succeeded", "skipped", "reused"})


class Past(NamedTuple):
    """What became of a run and, for the steps that it left out, of the runs that it re-executed.

    Attributes:
        state: The run.
        planned: Step → as it was promised.
        steps: Step → what became of it; of a mapped one, what became of all that it became.
        outputs: Step → the outputs that it gave.
        seeds: Step → what the random sources of its last attempt were seeded with.
        versions: The last version of each asset and partition that they made.
        keys: Step → dynamic output → the mapping keys under which it was given.
        passed: Step → the values that it gave for others.
        mapped: Mapped step → mapping key → what became of that one.
        borrowed: Mapped step → mapping keys of which an earlier run tells what became.
    """

    state: RunState
    planned: Mapping[str, PlannedStep]
    steps: Mapping[str, StepState]
    outputs: Mapping[str, frozenset[str]]
    seeds: Mapping[str, int]
    versions: Mapping[Slice, Version]
    keys: Mapping[str, Mapping[str, tuple[str, ...]]] = {}
    passed: Mapping[str, tuple[PassedValue, ...]] = {}
    mapped: Mapping[str, Mapping[str, StepState]] = {}
    borrowed: Mapping[str, frozenset[str]] = {}

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
    together = {step: _together(step, found) for step, found in past.mapped.items()}
    return past._replace(steps={**past.steps, **together})


def _with(past: Past, state: RunState, store: Reads) -> Past:
    """What is known, and what a run further back adds."""
    run = state.run
    seeds: dict[str, int] = {}
    ended: dict[str, StepSucceeded] = {}
    passed: dict[str, list[Passed]] = {}
    expanded: dict[str, StepExpanded] = {}
    for stored in store.events(run.id, kinds=[StepStarted, StepSucceeded, StepExpanded, Passed]):
        event = stored.event
        if isinstance(event, StepStarted) and event.seed is not None:
            seeds[event.step] = event.seed
        elif isinstance(event, StepSucceeded):
            ended[event.step] = event
        elif isinstance(event, Passed):
            passed.setdefault(event.step, []).append(event)
        elif isinstance(event, StepExpanded):
            expanded.setdefault(event.step, event)
    # Of a step that a nearer run made again, nothing counts that is older, not even where it failed there.
    new = [planned for planned in run.steps if planned.step not in past.planned]
    names = {planned.step for planned in new}

    def counts(step: str) -> bool:
        unit, _, key = step.partition("[")
        return unit in names or (step not in past.steps and key[:-1] in past.borrowed.get(unit, ()))

    states = {step.step: step for step in store.steps(run.id) if counts(step.step)}
    mapped = {step: dict(found) for step, found in past.mapped.items()}
    for step in names & set(expanded):
        mapped[step] = {}
    for name, each in states.items():
        unit, bracket, key = name.partition("[")
        if bracket:
            mapped.setdefault(unit, {})[key[:-1]] = each
    gave = {step: event for step, event in ended.items() if counts(step)}
    return Past(
        past.state,
        {**past.planned, **{planned.step: planned for planned in new}},
        {**past.steps, **states},
        {**past.outputs, **{step: frozenset(o.name for o in event.outputs) for step, event in gave.items()}},
        {**past.seeds, **{step: seed for step, seed in seeds.items() if counts(step)}},
        {
            **past.versions,
            **{(v.asset, v.partition): v for v in store.versions_of_run(run.id) if v.step in names},
        },
        {**past.keys, **{step: mapping_keys(event.outputs) for step, event in gave.items()}},
        {
            **past.passed,
            **{
                step: tuple([each.value for each in passed.get(step, ()) if each.attempt == event.attempt])
                for step, event in gave.items()
            },
        },
        mapped,
        {
            **past.borrowed,
            **{step: frozenset(event.settled) for step, event in expanded.items() if step in names},
        },
    )


def _together(step: str, mapped: Mapping[str, StepState]) -> StepState:
    """What became of a mapped step: the worst of what became of the steps that it became."""
    bad = next((each for each in mapped.values() if each.status not in DONE), None)
    return StepState(step, "succeeded" if bad is None else bad.status, 0)
