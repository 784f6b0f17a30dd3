"""Who holds what is scarce: slots of pools, GPUs, memory. Across all runs of a store, and no longer than a run lives.

wants of a step + what is held ──grant──▶ Claim: granted, with the numbers of GPUs │ not, with who holds what
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Want(NamedTuple):
    """What a step needs of a pool.

    Attributes:
        pool: Its name.
        amount: How much.
        limit: How much there is in all.
        numbered: Whether it is given out by numbers, as GPUs are.
    """

    pool: str
    amount: int
    limit: int
    numbered: bool = False


class Holder(NamedTuple):
    """A step that holds something; `run` is the number of its run."""

    pool: str
    amount: int
    units: tuple[int, ...]
    run: int
    step: str


class Claim(NamedTuple):
    """What became of a claim.

    Attributes:
        granted: Whether the step may start.
        units: Pool → the numbers that it got, of numbered ones.
        holders: Who holds what it could not get.
    """

    granted: bool
    units: Mapping[str, tuple[int, ...]]
    holders: tuple[Holder, ...] = ()


def grant(wants: Sequence[Want], held: Sequence[Holder]) -> Claim:
    """Give all that is wanted, or nothing; what is more than there is at all is given when nobody holds any."""
    units: dict[str, tuple[int, ...]] = {}
    for want in wants:
        holders = tuple(holder for holder in held if holder.pool == want.pool)
        amount = min(want.amount, want.limit)
        if sum(holder.amount for holder in holders) + amount > want.limit:
            return Claim(False, {}, holders)
        taken = {unit for holder in holders for unit in holder.units}
        free = [unit for unit in range(want.limit) if unit not in taken] if want.numbered else []
        units[want.pool] = tuple(free[:amount])
    return Claim(True, units)
