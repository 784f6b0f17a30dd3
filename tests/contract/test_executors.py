"""Every executor keeps the same promises: the same events, values, logs and errors, wherever steps run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import executor_harness
import pytest
from executor_harness import KINDS, Ran

from tidemill.core.events import (
    Checked,
    Materialized,
    RunFailed,
    StepBlocked,
    StepFailed,
    StepRetrying,
    StepSkipped,
    StepStarted,
    StepSucceeded,
)
from tidemill.core.records import ErrorInfo
from tidemill.work.orders import Progress

TOKEN = "canary-5f3759df-sings"


@pytest.fixture(scope="session")
def signs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("signs")
    os.environ["EXECUTOR_SIGNS"], os.environ["EXECUTOR_TOKEN"] = str(folder), TOKEN
    yield folder
    del os.environ["EXECUTOR_SIGNS"], os.environ["EXECUTOR_TOKEN"]


@pytest.fixture(scope="module", params=KINDS)
def ran(
    request: pytest.FixtureRequest, signs: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ran]:
    """A run of everything that needs no partition and ends by itself."""
    for sign in signs.iterdir():
        sign.unlink()

    def listener(fact: executor_harness.Heard) -> None:
        if isinstance(fact, Materialized) and fact.version.asset.text == "early":
            (signs / "heard-early").touch()

    selection = [
        "numbers", "total", "nothing", "speaks", "fails", "after_fails", "told", "flaky", "asks", "final", "maybe",
        "after_maybe", "first_half", "second_half", "early", "late", "gated", "behind_gate", "checks_itself",
        "configured", "fetched", "leaks", "reads", "slept", "one", "two", "function", "unstorable", "large",
        "uses_large", "exits",
    ]  # fmt: skip
    config = {"ops": {"configured": {"config": {"depth": 4}}}}
    folder = tmp_path_factory.mktemp("executor")
    ran = executor_harness.run(
        request.param, folder, selection, config=config, listener=listener, tags={"team": "ml"}
    )
    yield ran
    ran.home.close()


def message(ran: Ran, step: str) -> str:
    return str(ran.event(step, StepFailed).error.message)


def test_the_run_ends_with_what_failed(ran: Ran) -> None:
    assert ran.outcome.status == "failed"
    end = ran.outcome.events[-1]
    assert isinstance(end, RunFailed)
    assert set(end.failed) == {"fails", "told", "final", "gated_gate", "leaks", "unstorable", "exits"}


def test_what_was_told_is_what_is_stored(ran: Ran) -> None:
    stored = [entry.event for entry in ran.home.store.events(ran.outcome.run.id)]
    assert [(type(event), event.at) for event in stored] == [
        (type(event), event.at) for event in ran.outcome.events
    ]
    numbers = {state.step: state.status for state in ran.home.store.steps(ran.outcome.run.id)}
    assert numbers["total"] == "succeeded"


@pytest.mark.parametrize(
    ("step", "kinds"),
    [
        ("numbers", ["StepStarted", "Materialized", "StepSucceeded"]),
        ("nothing", ["StepStarted", "Materialized", "StepSucceeded"]),
        ("fails", ["StepStarted", "StepFailed"]),
        ("after_fails", ["StepBlocked"]),
        ("flaky", [*["StepStarted", "StepRetrying"] * 2, "StepStarted", "Materialized", "StepSucceeded"]),
        ("asks", ["StepStarted", "StepRetrying", "StepStarted", "Materialized", "StepSucceeded"]),
        ("final", ["StepStarted", "StepFailed"]),
        ("maybe", ["StepStarted", "StepSkipped"]),
        ("after_maybe", ["StepSkipped"]),
        ("halves", ["StepStarted", "Materialized", "Materialized", "StepSucceeded"]),
        ("total_is_large", ["StepStarted", "Checked", "StepSucceeded"]),
        ("gated_gate", ["StepStarted", "Checked", "StepFailed"]),
        ("behind_gate", ["StepBlocked"]),
        ("checks_itself", ["StepStarted", "Materialized", "Checked", "StepSucceeded"]),
        ("streams", ["StepStarted", "Materialized", "Materialized", "StepSucceeded"]),
        ("unstorable", ["StepStarted", "StepFailed"]),
        ("exits", ["StepStarted", "StepFailed"]),
    ],
)
def test_the_events_of_a_step(ran: Ran, step: str, kinds: list[str]) -> None:
    assert ran.kinds(step) == kinds


def test_values_load(ran: Ran) -> None:
    assert ran.value("numbers") == list(range(1000))
    assert ran.value("total") == 499500
    assert ran.value("second_half") == list(range(500, 1000))
    assert ran.value("checks_itself") == 1
    assert ran.value("slept") == "slept"
    assert (ran.value("one"), ran.value("two")) == ("one", "two")
    assert ran.value("large").shape == (500_000,)
    assert ran.value("uses_large") == 500_000 * 499_999 // 2
    assert ran.event("total", Materialized).version.metadata["count"].value == 1000


def test_a_value_that_pickle_cannot_take_is_stored_all_the_same(ran: Ran) -> None:
    assert ran.value("function")(2) == 8


def test_a_value_that_cannot_be_stored_fails_its_step(ran: Ran) -> None:
    error = ran.event("unstorable", StepFailed).error
    assert error.cls_name.rpartition(".")[2] == "UnpicklableValueError"
    assert "lock" in error.message


def test_what_a_step_says_is_kept_in_order(ran: Ran) -> None:
    expected = [
        ("stdout", "info", "printed"),
        ("stderr", "info", "complained"),
        ("log", "warning", "logged 1"),
        ("log", "info", "through the logger"),
        ("stdout", "info", "bar 2"),
        ("stdout", "info", "unfinished"),
    ]
    assert ran.lines("speaks") == expected
    assert ran.shown("speaks") == expected
    heard = [fact for fact in ran.heard if isinstance(fact, Progress) and fact.step == "speaks"]
    assert [(one.done, one.total, one.text) for one in heard] == [(0, None, "bar 2"), (1, 2, "half")]
    assert ran.event("speaks", StepSucceeded).log_bytes > 100


def test_an_error_keeps_its_story_with_the_users_frames_only(ran: Ran) -> None:
    error: ErrorInfo = ran.event("fails", StepFailed).error
    assert error.message.strip() == "ValueError: no such number"
    assert (error.cls_name or "").rpartition(".")[2] == "ValueError"
    assert error.cause is not None
    assert error.cause.message.strip() == "KeyError: 'missing'"
    frames = "".join([*error.stack, *error.cause.stack])
    assert "in fails" in frames
    assert "in inner" in frames
    assert "src/tidemill" not in frames
    assert ran.lines("fails") == [("stdout", "info", "before")]
    assert ran.event("after_fails", StepBlocked).cause == "fails"


def test_a_failure_keeps_what_it_carries(ran: Ran) -> None:
    error = ran.event("told", StepFailed).error
    assert error.description == "out of numbers"
    assert error.metadata["left"].value == 0


def test_sys_exit_fails_its_step_and_no_other(ran: Ran) -> None:
    assert "SystemExit: 3" in message(ran, "exits")


def test_each_attempt_has_its_number_and_its_log(ran: Ran) -> None:
    assert ran.value("flaky") == 2
    assert [event.attempt for event in ran.events("flaky") if isinstance(event, StepStarted)] == [1, 2, 3]
    waits = [event.wait for event in ran.events("flaky") if isinstance(event, StepRetrying)]
    assert waits == [0.01, 0.02]
    assert [ran.lines("flaky", attempt)[0][2] for attempt in (1, 2, 3)] == [
        "attempt 0",
        "attempt 1",
        "attempt 2",
    ]
    assert ran.value("asks") == 1
    assert "for good" in message(ran, "final")


def test_what_gives_nothing_is_skipped_with_what_needs_it(ran: Ran) -> None:
    assert ran.event("maybe", StepSkipped).cause == "maybe"
    assert ran.event("after_maybe", StepSkipped).cause == "maybe"


def test_outputs_of_a_generator_are_told_as_they_come(ran: Ran) -> None:
    assert ran.value("late") is True


def test_checks_give_verdicts_and_blocking_ones_block(ran: Ran) -> None:
    checks = {event.check.name: event.check for event in ran.outcome.events if isinstance(event, Checked)}
    verdicts = {name: check.passed for name, check in checks.items()}
    assert verdicts == {"is_large": True, "is_empty": False, "gate": False, "own": True}
    assert checks["is_large"].metadata["total"].value == 499500
    assert checks["is_large"].version_id == ran.event("total", Materialized).version.id
    assert ran.event("behind_gate", StepBlocked).cause


def test_config_reaches_its_step(ran: Ran) -> None:
    assert ran.value("configured") == 4


def test_resources_are_set_up_once_in_a_process_and_torn_down(ran: Ran, signs: Path) -> None:
    assert ran.value("fetched") == len(TOKEN)
    up = {path.name.partition("-")[2] for path in signs.glob("up-*")}
    down = {path.name.partition("-")[2] for path in signs.glob("down-*")}
    assert up
    assert up == down


def test_secrets_are_masked(ran: Ran) -> None:
    texts = [text for _, _, text in (*ran.lines("fetched"), *ran.shown("fetched"))]
    assert [text.rpartition(" ")[0] for text in texts] == ["the token is", "token"] * 2
    assert TOKEN not in "".join(texts)
    assert TOKEN not in str(ran.event("leaks", StepFailed).error)
    assert TOKEN not in str(ran.event("fetched", Materialized).version.metadata)


def test_a_step_reads_the_store(ran: Ran) -> None:
    assert ran.value("reads") == [True, 1000, True, [True] * 4]
