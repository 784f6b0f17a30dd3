"""The fold and the order of a run's events, without a database."""

from __future__ import annotations

import math

import pytest

from tidemill.core.errors import InvariantViolationError, RunNotFoundError
from tidemill.core.events import (
    KINDS,
    AssetWiped,
    BackfillEnded,
    BackfillRequested,
    CancelRequested,
    ChatterDropped,
    Checked,
    Event,
    HookRan,
    Materialized,
    Observed,
    PartitionsAdded,
    PartitionsRemoved,
    Passed,
    RunCanceled,
    RunCreated,
    RunDeleted,
    RunFailed,
    RunStarted,
    RunSucceeded,
    RunTagged,
    StepStarted,
    StepSucceeded,
    ValuesDropped,
)
from tidemill.core.keys import AssetKey
from tidemill.core.metadata import MetadataValue
from tidemill.core.records import CheckResult, Observation, Run, Version, VersionRef
from tidemill.storage.projections import RUN_STATUS, STEP_STATUS, advance, fold, slice_name

KEY = AssetKey(["raw", "stories"])
RUN = Run("run-1", "job", 5, {}, {"team": "a"})
VERSION = Version("v-1", KEY, None, 7, "data", "code")
CREATED = RunCreated(5, RUN)


def test_a_run_goes_from_queued_over_started_to_its_end() -> None:
    status = None
    seen = []
    for event in (CREATED, RunStarted(6), StepStarted(7, "a"), RunSucceeded(8)):
        status = advance("run-1", status, event)
        seen.append(status)
    assert seen == ["queued", "started", "started", "succeeded"]


@pytest.mark.parametrize("end", [RunSucceeded(1), RunFailed(1), RunCanceled(1)])
@pytest.mark.parametrize("late", [RunSucceeded(2), RunStarted(2), StepSucceeded(2, "a", 1), CREATED])
def test_the_end_of_a_run_is_final(end: Event, late: Event) -> None:
    status = advance("run-1", "started", end)
    with pytest.raises(InvariantViolationError) as refused:
        advance("run-1", status, late)
    assert (refused.value.subject, refused.value.found) == ("run-1", KINDS[type(late)])


@pytest.mark.parametrize(("status", "run_id"), [("queued", "run-1"), (None, "another")])
def test_a_run_is_created_once_and_under_its_own_id(status: str | None, run_id: str) -> None:
    with pytest.raises(InvariantViolationError) as refused:
        advance(run_id, status, CREATED)
    assert refused.value.found == "run_created"


def test_a_run_that_was_never_created_has_no_events() -> None:
    with pytest.raises(RunNotFoundError) as missing:
        advance("run-9", None, RunStarted(1))
    assert missing.value.subject == "run-9"


def test_only_facts_about_assets_happen_outside_of_runs() -> None:
    for event in (
        Observed(1, "", 1, Observation(KEY)),
        Materialized(1, "", 1, VERSION),
        Checked(1, "", 1, CheckResult(KEY, "fresh", True)),
    ):
        assert advance("", None, event) is None
    with pytest.raises(InvariantViolationError) as refused:
        advance("", None, RunStarted(1))
    assert refused.value.found == "run_started"


def test_a_version_moves_its_slice_and_leaves_its_lineage_and_its_numbers() -> None:
    source = VersionRef(AssetKey("source"), "2024", "v-0", "other")
    metadata = {
        "rows": MetadataValue.int(3),
        "loss": MetadataValue.float(math.nan),
        "worst": MetadataValue.float(math.inf),
        "note": MetadataValue.text("fine"),
    }
    version = VERSION._replace(partition="2024", inputs=(source,), metadata=metadata)
    assert list(fold(9, 2, 4, Materialized(7, "step", 1, version))) == [
        ("version_made", ("raw/stories", "2024", 4, 9)),
        ("made_from", ("v-0", 9)),
        ("measured", ("raw/stories", "rows", 9, 3)),
        ("measured", ("raw/stories", "loss", 9, None)),
        ("measured", ("raw/stories", "worst", 9, math.inf)),
    ]


def test_a_run_leaves_its_row_its_tags_and_its_end() -> None:
    assert list(fold(1, 2, 0, CREATED)) == [
        ("run_created", (2, "run-1", "job", 5, 1)),
        ("run_tagged", ("team", "a", 2)),
    ]
    assert list(fold(2, 2, 0, RunStarted(6))) == [("run_started", (6, 2))]
    assert list(fold(3, 2, 0, RunCanceled(7))) == [
        ("run_finished", ("canceled", 7, 3, 2)),
        ("forget_live", (2,)),
        ("release_run", (2,)),
    ]


def test_the_events_of_steps_need_no_fold() -> None:
    assert list(fold(1, 1, 0, StepStarted(1, "a"))) == []
    assert list(fold(2, 1, 0, StepSucceeded(1, "a", 1))) == []


def test_every_kind_of_event_has_one_place() -> None:
    facts = {Materialized, Passed, HookRan, Observed, Checked, CancelRequested, ValuesDropped, ChatterDropped}
    facts |= {PartitionsAdded, PartitionsRemoved, BackfillRequested, BackfillEnded}
    facts |= {AssetWiped, RunDeleted, RunTagged}
    assert set(RUN_STATUS) | set(STEP_STATUS) | facts == set(KINDS)
    assert not set(RUN_STATUS) & set(STEP_STATUS)


def test_no_partition_is_called_by_the_empty_text() -> None:
    assert (slice_name(None), slice_name("a")) == ("", "a")
    with pytest.raises(InvariantViolationError, match="empty"):
        slice_name("")
