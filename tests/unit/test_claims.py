"""Who gets what is scarce: all of it or nothing, never more than there is."""

from __future__ import annotations

from hypothesis import given, strategies as st

from tidemill.storage.claims import Claim, Holder, Want, grant

POOLS = {"db": 2, "gpu": 4, "memory": 100}


def test_all_or_nothing() -> None:
    held = [Holder("db", 1, (), 7, "other")]
    assert grant([Want("db", 1, 2)], held) == Claim(True, {"db": ()})
    denied = grant([Want("gpu", 1, 4, numbered=True), Want("db", 2, 2)], held)
    assert denied == Claim(False, {}, (held[0],))


def test_who_holds_it_is_told_and_nobody_else() -> None:
    held = [Holder("gpu", 1, (0,), 1, "a"), Holder("db", 1, (), 2, "b"), Holder("db", 1, (), 3, "c")]
    assert [holder.step for holder in grant([Want("db", 1, 2)], held).holders] == ["b", "c"]


def test_numbers_are_the_lowest_that_are_free() -> None:
    held = [Holder("gpu", 2, (0, 2), 1, "a")]
    assert grant([Want("gpu", 2, 4, numbered=True)], held).units == {"gpu": (1, 3)}


def test_what_is_more_than_there_is_is_given_when_nobody_holds_any() -> None:
    want = Want("memory", 500, 100)
    assert grant([want], []).granted
    assert not grant([want], [Holder("memory", 1, (), 1, "a")]).granted


def test_a_limit_that_was_lowered_lets_nobody_in_before_some_have_left() -> None:
    held = [Holder("db", 1, (), run, "a") for run in range(3)]
    assert not grant([Want("db", 1, 2)], held).granted


wants = st.lists(
    st.builds(
        lambda pool, amount: Want(pool, amount, POOLS[pool], numbered=pool == "gpu"),
        st.sampled_from(sorted(POOLS)),
        st.integers(1, 5),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda want: want.pool,
)


@given(st.lists(st.one_of(wants, st.integers(0, 30)), max_size=40))
def test_never_over_the_limit_and_no_number_twice(story: list[list[Want] | int]) -> None:
    """Steps come with wants and go (a number) in any order."""
    holding: dict[int, list[Holder]] = {}
    for moment, entry in enumerate(story):
        if isinstance(entry, int):
            holding.pop(entry, None)
            continue
        held = [holder for holders in holding.values() for holder in holders]
        before = list(held)
        claim = grant(entry, held)
        assert held == before, "deciding changes nothing"
        assert claim == grant(entry, held), "and is the same twice"
        if not claim.granted:
            assert claim.holders
            assert claim.units == {}
            continue
        holding[moment] = [
            Holder(want.pool, min(want.amount, want.limit), claim.units[want.pool], moment, "s")
            for want in entry
        ]
        for pool, limit in POOLS.items():
            holders = [holder for each in holding.values() for holder in each if holder.pool == pool]
            assert sum(holder.amount for holder in holders) <= limit
            numbers = [unit for holder in holders for unit in holder.units]
            assert len(set(numbers)) == len(numbers)
            if pool == "gpu":
                assert all(len(holder.units) == holder.amount for holder in holders)
                assert set(numbers) <= set(range(limit))


@given(wants)
def test_where_nobody_holds_anything_everything_is_granted(wanted: list[Want]) -> None:
    assert grant(wanted, []).granted
