"""Which values go, and why the others stay. Pure: from what the store holds to what may be let go.

    values, rules ──▶ over its rule? ──▶ protected? ──▶ does another need the same bytes? ──▶ it goes
                          no: stays          yes: stays         yes: stays

Only values go; the record of a version stays for ever. A value goes only when its bytes do: while a version that is
kept has the same artifact (it was made again as it was, or reused), those that share it are kept too, at no cost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Literal, NamedTuple, TypeAlias

from tidemill.core.durations import duration_text
from tidemill.core.records import HeldValue

GRACE = 3600
"""Seconds for which a version keeps its value whatever the rule says: somebody may be looking at it."""

Because: TypeAlias = Literal["latest", "young", "alias", "live run", "shared"]


class Rule(NamedTuple):
    """How long the values of an asset are kept. A version that one of the two lets go of goes.

    Attributes:
        keep: How many versions of a slice keep their value, counted from the newest; None all.
        ttl: Seconds for which a version that is not the latest keeps it; None for ever.
    """

    keep: int | None = None
    ttl: float | None = None


class Needs(NamedTuple):
    """What must stay whatever the rules say.

    Attributes:
        live_since: Place in the log of the creation of the oldest run that is not over; None where there is none. It
            may read whatever was the latest of its slice at any time since.
        versions: Ids of what live runs have made, and made it from.
        aliased: Ids of versions that have a name.
        addresses: Artifacts that versions need which are not among those that are looked at.
    """

    live_since: int | None = None
    versions: Collection[str] = frozenset()
    aliased: Collection[str] = frozenset()
    addresses: Collection[str] = frozenset()


class Drop(NamedTuple):
    """A value that goes: the rule, and the bytes that are freed. Of versions that share theirs, the newest has them."""

    value: HeldValue
    rule: str
    freed: int


class Verdict(NamedTuple):
    """What goes, in the order of the log; and of the values that are over their rule and stay, why."""

    drops: tuple[Drop, ...]
    stays: Mapping[str, Because]


def judge_values(
    values: Iterable[HeldValue], rules: Mapping[str, Rule], needs: Needs, *, now: int, grace: int = GRACE
) -> Verdict:
    """Decide what becomes of values.

    Args:
        values: All of them, of each slice that is looked at.
        rules: By asset; what has none stays.
        needs: What must stay.
        now: UTC microseconds.
        grace: Seconds for which a version keeps its value in any case.
    """
    held = sorted(values)
    over = _over_their_rule(held, rules, now)
    stays: dict[str, Because] = {}
    for value in held:
        if value.id in over and (why := _protection(value, needs, now - grace * 1_000_000)) is not None:
            stays[value.id] = why
    used = {value.address for value in held if value.id not in over or value.id in stays}
    used.update(needs.addresses)
    drops: list[Drop] = []
    freed: set[str] = set()
    for value in reversed(held):
        if value.id not in over or value.id in stays:
            continue
        if value.address in used:
            stays[value.id] = "shared"
            continue
        drops.append(Drop(value, over[value.id], 0 if value.address in freed else value.size))
        freed.add(value.address)
    return Verdict(tuple(reversed(drops)), stays)


def _over_their_rule(held: Iterable[HeldValue], rules: Mapping[str, Rule], now: int) -> dict[str, str]:
    """Id of each version that is not among those that its asset's rule keeps → that rule."""
    slices: dict[tuple[str, str | None], list[HeldValue]] = {}
    for value in held:
        if value.asset in rules:
            slices.setdefault((value.asset, value.partition), []).append(value)
    over: dict[str, str] = {}
    for (asset, _), versions in slices.items():
        keep, ttl = rules[asset]
        newest_first = sorted(versions, key=lambda value: value.number, reverse=True)
        for rank, value in enumerate(newest_first):
            if keep is not None and rank >= keep:
                over[value.id] = f"keep={keep}"
            elif ttl is not None and now - value.at > ttl * 1_000_000:
                over[value.id] = f"ttl={duration_text(ttl)}"
    return over


def _protection(value: HeldValue, needs: Needs, young: int) -> Because | None:
    if value.successor is None:
        return "latest"
    if value.at > young:
        return "young"
    if value.id in needs.aliased:
        return "alias"
    if value.id in needs.versions:
        return "live run"
    if needs.live_since is not None and value.successor > needs.live_since:
        return "live run"
    return None
