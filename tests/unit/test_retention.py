"""Which values go: a few stories, and what holds whatever the store, the rules and the runs are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, strategies as st

from tidemill.core.durations import duration_text, seconds_of
from tidemill.core.records import HeldValue
from tidemill.planning.retention import GRACE, Drop, Needs, Rule, Verdict, judge_values

HOUR = 3_600_000_000
DAY = 24 * HOUR
NOW = 1_000 * DAY


def value(number: int, age: int = 10 * DAY, *, successor: int | None = 0, **more: Any) -> HeldValue:
    """A version of `a`; its place in the log is its number, as that of its successor is, unless it is the latest."""
    fields = {"asset": "a", "partition": None, "address": f"bytes {number}", "size": 100, **more}
    after = number + 1 if successor == 0 else successor
    seq = fields.pop("seq", number)
    return HeldValue(seq=seq, id=f"v{seq}", number=number, at=NOW - age, successor=after, **fields)


def five(**more: Any) -> list[HeldValue]:
    """Versions 1 to 5, made five days ago to today."""
    return [
        value(n, (6 - n) * DAY, successor=None if n == 5 else n + 1, **more.get(f"v{n}", {}))
        for n in range(1, 6)
    ]


def judge(values: list[HeldValue], rule: Rule | None, **needs: Any) -> Verdict:
    rules = {"a": rule} if rule is not None else {}
    return judge_values(values, rules, Needs(**needs), now=NOW)


def gone(verdict: Verdict) -> list[int]:
    return [drop.value.number for drop in verdict.drops]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (None, []),
        (Rule(), []),
        (Rule(keep=5), []),
        (Rule(keep=2), [1, 2, 3]),
        (Rule(keep=1), [1, 2, 3, 4]),
        (Rule(ttl=3 * 86400), [1, 2]),
        (Rule(ttl=60), [1, 2, 3, 4]),
        (Rule(keep=4, ttl=3 * 86400), [1, 2]),
        (Rule(keep=2, ttl=4 * 86400), [1, 2, 3]),
    ],
)
def test_what_a_rule_lets_go_of(rule: Rule | None, expected: list[int]) -> None:
    assert gone(judge(five(), rule)) == expected


def test_a_drop_says_which_rule_it_was() -> None:
    both = judge(five(), Rule(keep=4, ttl=3 * 86400))
    assert [(drop.rule, drop.freed) for drop in both.drops] == [("keep=4", 100), ("ttl=3d", 100)]


def test_the_latest_and_the_young_stay() -> None:
    minute = HOUR // 60
    values = [value(1), value(2, 59 * minute), value(3, 61 * minute), value(4, 0, successor=None)]
    verdict = judge(values, Rule(keep=1))
    assert gone(verdict) == [1, 3]
    assert verdict.stays == {"v2": "young"}
    assert judge([value(1, successor=None)], Rule(ttl=1)).stays == {"v1": "latest"}


def test_each_partition_counts_for_itself() -> None:
    values = [
        value(n, seq=10 * n + place, partition=key, successor=None if n == 2 else 99)
        for n in (1, 2)
        for place, key in enumerate(["eu", "us"])
    ]
    assert [(d.value.partition, d.value.number) for d in judge(values, Rule(keep=1)).drops] == [
        ("eu", 1),
        ("us", 1),
    ]


def test_what_was_the_latest_while_a_run_was_live_stays() -> None:
    """A run that was created at 3.5 of the log may have read version 3, but no older one."""
    values = [value(n, seq=10 * n, successor=None if n == 5 else 10 * n + 10) for n in range(1, 6)]
    verdict = judge(values, Rule(keep=1), live_since=35)
    assert gone(verdict) == [1, 2]
    assert verdict.stays == {"v30": "live run", "v40": "live run"}


def test_what_is_named_stays() -> None:
    verdict = judge(five(), Rule(keep=1), versions={"v1"}, aliased={"v2"})
    assert gone(verdict) == [3, 4]
    assert verdict.stays == {"v1": "live run", "v2": "alias"}


def test_bytes_that_another_version_needs_stay_with_all_that_share_them() -> None:
    """As version 5 does that was reused from version 2, or is equal to it."""
    values = five(v2={"address": "same"}, v5={"address": "same"}, v3={"address": "elsewhere"})
    verdict = judge(values, Rule(keep=1), addresses={"elsewhere"})
    assert gone(verdict) == [1, 4]
    assert verdict.stays == {"v2": "shared", "v3": "shared"}


def test_bytes_that_several_share_are_freed_once() -> None:
    same = {"address": "same"}
    verdict = judge(five(v1=same, v3=same), Rule(keep=2))
    assert [(drop.value.number, drop.freed) for drop in verdict.drops] == [(1, 0), (2, 100), (3, 100)]


@st.composite
def stores(draw: st.DrawFn) -> list[HeldValue]:
    """Values of some slices in the order of a log, each with the next version of its slice as its successor."""
    names = st.tuples(st.sampled_from("abc"), st.sampled_from([None, "x"]))
    order = draw(st.lists(st.tuples(names, st.integers(0, 6), st.booleans()), max_size=25))
    ages = sorted(draw(st.lists(st.integers(0, 50 * HOUR), min_size=len(order), max_size=len(order))))
    values = []
    for seq, ((name, address, is_held), age) in enumerate(zip(order, reversed(ages), strict=True), 1):
        asset, partition = name
        later = [at for at, (other, _, _) in enumerate(order, 1) if other == name and at > seq]
        number = sum(other == name for other, _, _ in order[:seq])
        if is_held:
            after = later[0] if later else None
            values.append(
                HeldValue(seq, f"v{seq}", asset, partition, number, NOW - age, f"x{address}", 10, after)
            )
    return values


rules = st.dictionaries(
    st.sampled_from("abc"),
    st.builds(
        Rule,
        st.none() | st.integers(1, 4),
        st.none() | st.sampled_from([60.0, 7200.0, 86400.0]),
    ),
)
some_ids = st.frozensets(st.integers(1, 25).map("v{}".format), max_size=4)
needs = st.builds(
    Needs,
    st.none() | st.integers(0, 25),
    some_ids,
    some_ids,
    st.frozensets(st.integers(0, 6).map("x{}".format), max_size=2),
)


def excused(one: HeldValue, need: Needs) -> bool:
    """Whether a version may not lose its value, in the words of the promise."""
    is_latest = one.successor is None
    is_young = NOW - one.at < GRACE * 1_000_000
    was_latest = need.live_since is not None and one.successor is not None and one.successor > need.live_since
    return is_latest or is_young or was_latest or one.id in need.versions or one.id in need.aliased


@given(stores(), rules, needs)
def test_nothing_that_is_needed_ever_goes(
    values: list[HeldValue], by_asset: Mapping[str, Rule], need: Needs
) -> None:
    verdict = judge_values(values, by_asset, need, now=NOW)
    dropped = {drop.value.id for drop in verdict.drops}
    kept = [one for one in values if one.id not in dropped]
    assert [one for one in values if one.id in dropped and excused(one, need)] == []
    assert {drop.value.address for drop in verdict.drops}.isdisjoint(
        {*(one.address for one in kept), *need.addresses}
    )
    assert dropped.isdisjoint(verdict.stays)
    assert all(drop.value.asset in by_asset for drop in verdict.drops)
    for asset, rule in by_asset.items():
        for partition in (None, "x"):
            mine = [one for one in values if (one.asset, one.partition) == (asset, partition)]
            newest = sorted(mine, key=lambda one: one.number)[-(rule.keep or len(mine) or 1) :]
            fresh = [one for one in newest if rule.ttl is None or NOW - one.at <= rule.ttl * 1_000_000]
            assert dropped.isdisjoint(one.id for one in fresh)


@given(stores(), rules, needs)
def test_all_goes_that_a_rule_lets_go_of_and_nothing_holds(
    values: list[HeldValue], by_asset: Mapping[str, Rule], need: Needs
) -> None:
    verdict = judge_values(values, by_asset, need, now=NOW)
    dropped = {drop.value.id for drop in verdict.drops}
    used = {one.address for one in values if one.id not in dropped} | set(need.addresses)
    for one in values:
        rule = by_asset.get(one.asset)
        if rule is None or one.id in dropped or excused(one, need) or one.address in used:
            continue
        same = [o for o in values if (o.asset, o.partition) == (one.asset, one.partition)]
        rank = sum(other.number > one.number for other in same)
        assert rule.keep is None or rank < rule.keep
        assert rule.ttl is None or NOW - one.at <= rule.ttl * 1_000_000


@given(stores(), rules, needs)
def test_a_second_look_finds_nothing_more(
    values: list[HeldValue], by_asset: Mapping[str, Rule], need: Needs
) -> None:
    dropped = {drop.value.id for drop in judge_values(values, by_asset, need, now=NOW).drops}
    left = [one for one in values if one.id not in dropped]
    assert judge_values(left, by_asset, need, now=NOW).drops == ()


@given(stores(), rules, needs)
def test_what_is_freed_is_the_size_of_the_artifacts_that_go(
    values: list[HeldValue], by_asset: Mapping[str, Rule], need: Needs
) -> None:
    drops: tuple[Drop, ...] = judge_values(values, by_asset, need, now=NOW).drops
    assert sum(drop.freed for drop in drops) == 10 * len({drop.value.address for drop in drops})
    assert [drop.value.seq for drop in drops] == sorted(drop.value.seq for drop in drops)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("1.5m", 90), ("12h", 43_200), ("30d", 2_592_000), ("2w", 1_209_600)],
)
def test_a_span_of_time(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds
    assert seconds_of(duration_text(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "d", "30", "30x", "-1d", "0d", "nand", "infd", "1 month"])
def test_no_span_of_time(text: str) -> None:
    assert seconds_of(text) is None
