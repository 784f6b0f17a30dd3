"""Which steps a re-execution runs, what it takes over, and what it says when it cannot."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tidemill import Definitions, Output, RetryPolicy, asset, asset_check, define_asset_job
from tidemill.core.errors import InvalidConfigError, InvalidSubsetError, StepNotFoundError
from tidemill.core.keys import AssetKey
from tidemill.core.records import Lease, LiveRun, PlannedStep, Run, RunState, StepState, Version
from tidemill.execution.history import Past
from tidemill.execution.reruns import ALL, FAILED, Part, rerun, resume
from tidemill.planning.steps import Settled


@asset
def a():
    return 1


@asset(retry_policy=RetryPolicy(max_retries=3))
def b(a):
    return a


@asset
def c(b):
    return b


@asset(output_required=False)
def maybe(a):
    yield Output(1)


@asset
def after(maybe, b):
    return 1


@asset_check(asset=b, blocking=True)
def sound(b) -> bool:
    return True


PROJECT = Definitions(
    [a, b, c, maybe, after], asset_checks=[sound], jobs=[define_asset_job("nightly")]
).project()
PLANNED = {name: PlannedStep(name, (AssetKey(name),)) for name in ("a", "b", "maybe", "c", "after")}
PLANNED["b_sound"] = PlannedStep("b_sound")
LIVE = LiveRun("run", 7, "nightly", 2, Lease("host", "boot", 1, 1), 0)


def version(name: str, id: str = "") -> Version:
    return Version(id or f"{name}-1", AssetKey(name), None, 0, "data", "code", step=name)


def past(
    statuses: Mapping[str, str], *, seeds: Mapping[str, int] | None = None, status: str = "failed", **run
) -> Past:
    """A run whose steps came to this; those that succeeded gave all their outputs."""
    steps = {step: StepState(step, state, 1) for step, state in statuses.items()}
    good = [step for step, state in statuses.items() if state == "succeeded"]
    planned = {step: PLANNED[step] for step in statuses}
    record = Run("run", "nightly", 0, {}, steps=tuple(planned.values()), **run)
    return Past(
        RunState(record, 7, status),
        planned,
        steps,
        {step: frozenset({"result"}) for step in good},
        seeds or {},
        {(AssetKey(step), None): version(step) for step in good if PLANNED[step].assets},
    )


FAILED_AT_B = {
    "a": "succeeded",
    "b": "failed",
    "maybe": "skipped",
    "b_sound": "blocked",
    "c": "blocked",
    "after": "blocked",
}


def ran(prepared) -> list[str]:
    return [step.name for step in prepared.to_run.steps]


def test_from_failure_runs_what_did_not_end_well_with_the_versions_of_the_parent() -> None:
    prepared = rerun(PROJECT, past(FAILED_AT_B), FAILED)
    assert sorted(ran(prepared)) == ["after", "b", "b_sound", "c"]
    assert prepared.settled == {
        "a": Settled("succeeded", frozenset({"result"})),
        "maybe": Settled("skipped"),
    }
    assert prepared.given == {(AssetKey("a"), None): version("a")}
    assert prepared.to_run.wanted() == []


def test_without_a_part_the_whole_plan_runs_again() -> None:
    prepared = rerun(PROJECT, past({"a": "succeeded", "b": "succeeded"}), ALL)
    assert ran(prepared) == ["a", "b"]
    assert (prepared.settled, prepared.given) == ({}, {})


def test_of_a_step_that_runs_again_the_old_version_is_not_given() -> None:
    prepared = rerun(
        PROJECT, past({"a": "succeeded", "b": "succeeded", "c": "succeeded"}), Part("steps", ("b",))
    )
    assert ran(prepared) == ["b"]
    assert {key.to_user_string() for key, _ in prepared.given} == {"a", "c"}


@pytest.mark.parametrize(
    ("pattern", "steps"),
    [
        ("b", "b"),
        ("b*", "b b_sound c after"),
        ("b+", "b b_sound c after"),
        ("*c", "c b b_sound a"),
        ("+b", "b a"),
        ("a++", "a b maybe b_sound c after"),
        ("+maybe*", "a maybe after"),
    ],
)
def test_patterns(pattern: str, steps: str) -> None:
    story = past(dict.fromkeys(FAILED_AT_B, "succeeded"), status="succeeded")
    assert set(ran(rerun(PROJECT, story, Part("steps", (pattern,))))) == set(steps.split())


def test_assets_are_selected_among_the_steps_of_the_parent() -> None:
    story = past({"a": "succeeded", "b": "succeeded", "b_sound": "failed"})
    assert ran(rerun(PROJECT, story, Part("assets", ("b*",)))) == ["b", "b_sound"]
    assert ran(rerun(PROJECT, story, Part("assets", ("a",)))) == ["a"]
    with pytest.raises(InvalidSubsetError) as caught:
        rerun(PROJECT, story, Part("assets", ("c",)))
    assert (caught.value.subject, caught.value.found) == ("c", "assets that the run did not make")


def test_what_did_not_succeed_and_does_not_run_is_taken_from_the_store() -> None:
    prepared = rerun(PROJECT, past(FAILED_AT_B), Part("steps", ("c",)))
    assert ran(prepared) == ["c"]
    assert "b" not in [step.name for step in prepared.plan.steps]
    assert prepared.to_run.wanted() == [(AssetKey("b"), None)]


def test_what_was_skipped_runs_when_what_it_needs_does() -> None:
    story = past({"a": "failed", "maybe": "skipped", "b": "succeeded"})
    assert ran(rerun(PROJECT, story, FAILED)) == ["a", "maybe"]


def test_nothing_left_to_run() -> None:
    story = past({"a": "succeeded", "maybe": "skipped"}, status="succeeded")
    with pytest.raises(InvalidSubsetError) as caught:
        rerun(PROJECT, story, FAILED)
    assert caught.value.subject == "run 7"
    assert "rerun 7" in (caught.value.next_step or "")


def test_a_step_that_the_run_does_not_have() -> None:
    with pytest.raises(StepNotFoundError) as caught:
        rerun(PROJECT, past({"a": "succeeded", "maybe": "failed"}), Part("steps", ("mayb*",)))
    assert (caught.value.subject, caught.value.next_step) == ("mayb*", "did you mean 'maybe'?")


def test_a_step_that_the_definitions_no_longer_have() -> None:
    @asset
    def aa():
        return 1

    project = Definitions([aa]).project()
    with pytest.raises(StepNotFoundError) as caught:
        rerun(project, past({"a": "failed"}))
    assert (caught.value.subject, caught.value.next_step) == ("a", "did you mean 'aa'?")


def test_the_request_is_the_parents() -> None:
    story = past({"a": "failed"}, tags={"team": "data", "dagster/root_run_id": "first"}, selection="a")
    request = rerun(PROJECT, story, tags={"who": "me"}).request
    assert (request.job_name, request.selection, request.parent_id) == ("nightly", "a", "run")
    assert request.tags == {
        "team": "data",
        "who": "me",
        "dagster/parent_run_id": "run",
        "dagster/root_run_id": "first",
    }


def test_seeds_of_the_steps_that_run_again() -> None:
    story = past(FAILED_AT_B, seeds={"a": 1, "b": 2})
    assert rerun(PROJECT, story, FAILED, same_seeds=True).seeds == {"b": 2}
    assert rerun(PROJECT, story, FAILED).seeds == {}
    with pytest.raises(InvalidConfigError) as caught:
        rerun(PROJECT, past(FAILED_AT_B, seeds={"a": 1}), FAILED, same_seeds=True)
    assert caught.value.subject == "--same-seeds"


def test_a_resumed_run_goes_on_with_what_is_open_and_keeps_what_has_ended() -> None:
    story = past(
        {
            "a": "succeeded",
            "b": "retrying",
            "maybe": "failed",
            "b_sound": "planned",
            "c": "canceled",
            "after": "blocked",
        },
        status="started",
    )
    prepared = resume(PROJECT, story, LIVE)
    assert ran(prepared) == ["b", "b_sound", "c"]
    assert {step: settled.state for step, settled in prepared.settled.items()} == {
        "a": "succeeded",
        "maybe": "failed",
        "after": "blocked",
    }
    assert prepared.attempts == {"b": 1, "b_sound": 1, "c": 1}
    assert prepared.resumed is LIVE
