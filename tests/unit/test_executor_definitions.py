"""Executors as users name them, and what their config and the run's say together."""

from __future__ import annotations

from typing import Any

import pytest

from tidemill import in_process_executor, multi_or_in_process_executor, multiprocess_executor
from tidemill.core.errors import InvalidConfigError, InvalidDefinitionError
from tidemill.definitions.executors import ExecutorChoice, TagLimit, chosen_executor, valid_executor


@pytest.mark.parametrize(
    ("executor", "given", "choice"),
    [
        (None, None, ExecutorChoice(named=False)),
        (None, {"config": {"multiprocess": {"max_concurrent": 3}}}, ExecutorChoice(max_concurrent=3)),
        (None, {"multiprocess": {"max_concurrent": 3}}, ExecutorChoice(max_concurrent=3)),
        (None, {"config": {"multiprocess": None}}, ExecutorChoice()),
        (None, {"config": {"in_process": {}}}, ExecutorChoice(in_process=True)),
        (in_process_executor, None, ExecutorChoice(in_process=True)),
        (
            in_process_executor,
            {"config": {"retries": {"disabled": {}}}},
            ExecutorChoice(in_process=True, retries=False),
        ),
        (multiprocess_executor, {"config": {"max_concurrent": 0}}, ExecutorChoice()),
        (multiprocess_executor, {"max_concurrent": 2}, ExecutorChoice(max_concurrent=2)),
        (multiprocess_executor, {"config": {"start_method": {"spawn": {}}}}, ExecutorChoice(method="spawn")),
        (
            multiprocess_executor,
            {"config": {"start_method": {"forkserver": {}}}},
            ExecutorChoice(method="fork"),
        ),
        (multiprocess_executor, {"config": {"retries": {"enabled": {}}}}, ExecutorChoice()),
        (multiprocess_executor.configured({"max_concurrent": 4}), None, ExecutorChoice(max_concurrent=4)),
        (
            multiprocess_executor.configured({"max_concurrent": 4}).configured({"retries": {"disabled": {}}}),
            {"config": {"max_concurrent": 1}},
            ExecutorChoice(max_concurrent=1, retries=False),
        ),
        (
            multi_or_in_process_executor.configured({"in_process": {}}),
            None,
            ExecutorChoice(in_process=True),
        ),
    ],
)
def test_what_they_say_together(executor: Any, given: Any, choice: ExecutorChoice) -> None:
    assert chosen_executor(executor, given) == choice


@pytest.mark.parametrize(
    ("executor", "given", "subject"),
    [
        (None, {"config": {"ray": {}}}, "execution"),
        (None, {"config": {"multiprocess": {}, "in_process": {}}}, "execution"),
        (None, {"config": {"max_concurrent": 2}}, "execution"),
        (in_process_executor, {"config": {"max_concurrent": 2}}, "in_process"),
        (multiprocess_executor, {"config": {"max_concurent": 2}}, "multiprocess"),
        (multiprocess_executor, {"config": {"max_concurrent": -1}}, "max_concurrent"),
        (multiprocess_executor, {"config": {"max_concurrent": "2"}}, "max_concurrent"),
        (multiprocess_executor, {"config": {"max_concurrent": True}}, "max_concurrent"),
        (multiprocess_executor, {"config": {"start_method": {"thread": {}}}}, "start_method"),
        (multiprocess_executor, {"config": {"start_method": "spawn"}}, "start_method"),
        (multiprocess_executor, {"config": {"retries": "disabled"}}, "retries"),
        (multiprocess_executor, {"config": {"retries": {"enabled": {}, "disabled": {}}}}, "retries"),
        (
            multiprocess_executor,
            {"config": {"tag_concurrency_limits": {"key": "a"}}},
            "tag_concurrency_limits",
        ),
        *(
            (multiprocess_executor, {"config": {"tag_concurrency_limits": [limit]}}, "tag_concurrency_limits")
            for limit in (
                "a",
                {"key": "a"},
                {"limit": 1},
                {"key": "a", "limit": 0},
                {"key": "a", "limit": "1"},
                {"key": "a", "limit": True},
                {"key": 1, "limit": 1},
                {"key": "a", "limit": 1, "value": 2},
                {"key": "a", "limit": 1, "value": {}},
                {"key": "a", "limit": 1, "value": {"applyLimitPerUniqueValue": False}},
                {"key": "a", "limit": 1, "values": ["b"]},
            )
        ),
    ],
    ids=str,
)
def test_what_an_executor_does_not_know_is_refused(executor: Any, given: Any, subject: str) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        chosen_executor(executor, given)
    error = caught.value
    assert error.subject == subject
    assert error.expected
    ((path, _),) = error.problems
    assert path == f"root:execution:config:{subject}"


def test_limits_are_read_and_name_what_they_are_about() -> None:
    given = [
        {"key": "kind", "limit": 3},
        {"key": "kind", "value": "db", "limit": 1},
        {"key": "size", "value": {"applyLimitPerUniqueValue": True}, "limit": 2},
    ]
    limits = chosen_executor(multiprocess_executor, {"config": {"tag_concurrency_limits": given}}).limits
    assert limits == (
        TagLimit("kind", None, 3),
        TagLimit("kind", "db", 1),
        TagLimit("size", None, 2, each=True),
    )
    names = [
        [limit.name_for(tags) for limit in limits]
        for tags in ({"kind": "db", "size": "xl"}, {"kind": "web"}, {})
    ]
    assert names == [["kind", "kind=db", "size=xl"], ["kind", None, None], [None, None, None]]


@pytest.mark.parametrize("given", [lambda config: config, 3, None], ids=["function", "number", "nothing"])
def test_configured_takes_the_config_itself(given: Any) -> None:
    with pytest.raises(InvalidDefinitionError) as caught:
        multiprocess_executor.configured(given)
    assert caught.value.subject == "multiprocess"
    assert "mapping" in (caught.value.expected or "")


def test_configured_keeps_the_name_or_takes_another() -> None:
    assert multiprocess_executor.configured({}).name == "multiprocess"
    assert multiprocess_executor.configured({}, name="mine").name == "mine"
    assert multiprocess_executor.config == {}


def test_what_is_no_executor_is_refused() -> None:
    assert valid_executor(None) is None
    assert valid_executor(in_process_executor) is in_process_executor
    with pytest.raises(InvalidDefinitionError) as caught:
        valid_executor("multiprocess")
    assert caught.value.found == "an object of type str"
