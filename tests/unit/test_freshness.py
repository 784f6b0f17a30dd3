"""What is up to date: verdicts from plain facts, and the differences between a version and what would be made now."""

from __future__ import annotations

from typing import Any

import pytest

from tidemill import DynamicPartitionsDefinition, LastPartitionMapping, StaticPartitionsDefinition
from tidemill.core.keys import AssetKey
from tidemill.core.records import Standing, Version, VersionRef
from tidemill.definitions.partitions.mappings import Slicing
from tidemill.definitions.partitions.partitions import World
from tidemill.execution.rivals import is_waited_for
from tidemill.planning.facts import CheckFacts, OutputFacts, UnitFacts
from tidemill.planning.freshness import State, differences, judge, still_holds
from tidemill.planning.versions import Ingredients, version_key


def unit(name: str, *inputs: str, code: str = "code", **more: Any) -> UnitFacts:
    return UnitFacts(name, "asset", (OutputFacts("result", name, code),), inputs, **more)


def standing(
    name: str,
    *inputs: tuple[str, str | None, str],
    partition: str | None = None,
    content: str = "",
    **made: Any,
) -> Standing:
    made_from = Ingredients(made.get("code", "code"), made.get("config", {}), partition, inputs, {}, None)
    return Standing(f"v-{name}", 1, version_key(made_from), content or f"data of {name}", 5)


RAW = standing("raw")
MODEL = standing("model", ("raw", None, "data of raw"))
UNITS = [unit("raw"), unit("model", "raw"), unit("report", "model")]
REPORT = standing("report", ("model", None, "data of model"))
ALL = {("raw", None): RAW, ("model", None): MODEL, ("report", None): REPORT}


def statuses(states: dict[Any, State]) -> list[tuple[str, str | None]]:
    return [(state.status, state.upstream) for state in states.values()]


def test_all_up_to_date() -> None:
    assert statuses(judge(UNITS, ALL)) == [("fresh", None)] * 3


def test_nothing_made() -> None:
    assert statuses(judge(UNITS, {})) == [("missing", None), ("missing", "raw"), ("missing", "model")]


def test_what_is_behind_takes_along_what_is_made_from_it() -> None:
    changed = [unit("raw", code="other"), *UNITS[1:]]
    assert statuses(judge(changed, ALL)) == [("stale", None), ("stale", "raw"), ("stale", "model")]


def test_an_input_that_was_made_since() -> None:
    newer = {**ALL, ("raw", None): RAW._replace(data_version="new")}
    assert statuses(judge(UNITS, newer)) == [("fresh", None), ("stale", None), ("stale", "model")]


def test_a_source_that_nothing_here_makes() -> None:
    assert statuses(judge([unit("model", "raw")], ALL)) == [("fresh", None)]
    assert statuses(judge([unit("model", "raw")], {})) == [("missing", None)]


DAYS = StaticPartitionsDefinition(["mon", "tue"])


def test_partitions() -> None:
    units = [
        unit("raw"),
        unit("daily", "raw", partitions=DAYS),
        unit("week", "daily", slicing=(Slicing(DAYS),)),
    ]
    of_raw = ("raw", None, "data of raw")
    made = {
        ("raw", None): RAW,
        ("daily", "mon"): standing("daily", of_raw, partition="mon"),
        ("week", None): standing("week", ("daily", "mon", "data of daily")),
    }
    assert statuses(judge(units, made)) == [
        ("fresh", None),
        ("fresh", None),
        ("missing", None),
        ("stale", "daily"),
    ]
    made["daily", "tue"] = standing("daily", of_raw, partition="tue")
    assert statuses(judge(units, made))[-1] == ("stale", None)


def test_partitions_that_do_not_exist_yet() -> None:
    later = DynamicPartitionsDefinition(name="later")
    assert judge([unit("daily", partitions=later)], {}, world=World(dynamic={"later": ()})) == {}


class TestWithheld:
    KEY = MODEL.key or ""

    def test_without_a_version_it_is_skipped_and_so_is_what_needs_it(self) -> None:
        withheld = {("model", None): {self.KEY: None}}
        states = judge(UNITS, {("raw", None): RAW}, withheld)
        assert statuses(states) == [("fresh", None), ("skipped", None), ("skipped", "model")]
        assert [state.behind for state in states.values()] == [False] * 3

    def test_with_one_that_stays(self) -> None:
        before = MODEL._replace(key="of something else")
        states = judge(UNITS, {**ALL, ("model", None): before}, {("model", None): {self.KEY: None}})
        assert statuses(states) == [("fresh", None)] * 3
        assert [state.withheld for state in states.values()] == [False, True, False]

    def test_for_another_key(self) -> None:
        states = judge(UNITS, {("raw", None): RAW}, {("model", None): {"other": None}})
        assert statuses(states)[1] == ("missing", None)

    @pytest.mark.parametrize(
        ("previous", "status"), [(None, "fresh"), ("v-model", "fresh"), ("v-older", "stale"), ("", "stale")]
    )
    def test_what_was_compared(self, previous: str | None, status: str) -> None:
        before = MODEL._replace(key="of something else")
        states = judge(UNITS, {**ALL, ("model", None): before}, {("model", None): {self.KEY: previous}})
        assert states["model", None].status == status

    def test_where_its_inputs_are_behind_nothing_is_known(self) -> None:
        changed = [unit("raw", code="other"), *UNITS[1:]]
        states = judge(changed, {("raw", None): RAW}, {("model", None): {self.KEY: None}})
        assert statuses(states)[1] == ("missing", "raw")


@pytest.mark.parametrize(
    ("previous", "latest", "holds"),
    [(None, None, True), (None, "v1", True), ("", None, True), ("", "v1", False), ("v1", "v1", True),
     ("v1", "v2", False), ("v1", None, False)],
)  # fmt: skip
def test_how_long_a_comparison_holds(previous: str | None, latest: str | None, holds: bool) -> None:
    assert still_holds(previous, latest) is holds


def test_differences_in_the_order_in_which_people_look() -> None:
    def ref(asset: str, content: str) -> VersionRef:
        return VersionRef(AssetKey(asset), None, f"v-{asset}", content)

    version = Version(
        "v", AssetKey("model"), None, 1, "data", "code",
        inputs=(ref("raw", "d1"), ref("gone", "d2"), ref("same", "d3")),
        config={"depth": 3, "resources.db": {"port": 1, "host": {"env": "HOST"}}, "gone": None},
        libraries={"numpy": "2.0", "scipy": "1.1"}, seed=7,
    )  # fmt: skip
    now = Ingredients(
        "other", {"depth": 4, "resources.db": {"port": 2, "host": {"env": "HOST"}}, "new": "x"}, None,
        (("raw", None, "d9"), ("same", None, "d3"), ("new", None, "d4")), {"numpy": "2.1", "scipy": "1.1"}, None,
    )  # fmt: skip
    assert [str(one) for one in differences(version, now)] == [
        "code changed",
        "depth 3 → 4",
        "resources.db.port 1 → 2",
        "gone is gone, it was None",
        "new is new: 'x'",
        "input raw changed",
        "input gone is gone",
        "input new is new",
        "library numpy 2.0 → 2.1",
        "seed is gone, it was 7",
    ]


def test_facts_survive_json() -> None:
    import json

    facts = unit(
        "a", "b", config=None, libraries={"numpy": "2.1"}, seed=1, deterministic=False, partitions=DAYS,
        checks=(CheckFacts("a", "ok", True),), fingerprint="f", unseen=("eval()",),
        slicing=(Slicing(DAYS, LastPartitionMapping()),),
    )  # fmt: skip
    assert UnitFacts.from_json(json.loads(json.dumps(facts.to_json()))) == facts


@pytest.mark.parametrize(
    "status", ["planned", "started", "retrying", "succeeded", "failed", "reused", "blocked"]
)
def test_two_runs_never_wait_for_one_another(status: Any) -> None:
    # A run that waits at a step has it "planned" there; one that has started it waits for nobody.
    first, second = (is_waited_for(status, own=own, rival=3 - own) for own in (1, 2))
    assert not (first and second) or status in ("started", "retrying")
    assert is_waited_for("planned", own=2, rival=1)
    assert not is_waited_for("planned", own=1, rival=2)
    assert second is (status in ("planned", "started", "retrying"))
