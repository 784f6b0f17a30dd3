"""What steps hold while they run: slots of pools, GPUs, memory; limited across all runs of a store.

    pool="db", resources={"gpu": 1, "memory": "8GiB"} ──wants_of──▶ wants ──Scarce.claim──▶ granted, or who holds it

Limits come from the settings; without one a pool has one slot, GPUs and memory are what the machine has.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from tidemill.core.keys import StepKey
from tidemill.definitions.units.terms import GPU, MEMORY
from tidemill.definitions.units.unit import ComputeUnit
from tidemill.home import Home
from tidemill.home.leases import end_dead_runs
from tidemill.storage.claims import Claim, Want
from tidemill.storage.store import Store


def wants_of(unit: ComputeUnit, limits: Mapping[str, int]) -> tuple[Want, ...]:
    """What a step of a unit needs before it may start."""
    amounts = dict(unit.terms.resources)
    if unit.pool is not None:
        amounts.setdefault(unit.pool, 1)
    return tuple(
        Want(name, amount, limits.get(name) or _default_limit(name), numbered=name == GPU)
        for name, amount in sorted(amounts.items())
    )


def _default_limit(name: str) -> int:
    if name == MEMORY:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, len(gpus())) if name == GPU else 1


def gpus() -> list[str]:
    """The GPUs that this process may use: as it was told, else all of the machine."""
    told = os.environ.get("CUDA_VISIBLE_DEVICES")
    if told is not None:
        return [each for each in told.split(",") if each.strip()]
    return [path.name.removeprefix("nvidia") for path in sorted(Path("/dev").glob("nvidia[0-9]*"))]


class Scarce:
    """What the steps of one run need and hold.

    Args:
        home: The store.
        run_id: The run.
        units: What runs.
        limits: Of pools, by name.
        fence: Which driver of the run asks.
    """

    def __init__(
        self,
        home: Home,
        run_id: str,
        units: Iterable[ComputeUnit],
        limits: Mapping[str, int],
        *,
        fence: int = 1,
    ) -> None:
        self._home = home
        self._run_id = run_id
        self._fence = fence
        self._devices = gpus() or ([] if GPU in limits else None)
        self._wants = {
            unit.name: wants_of(unit, limits) for unit in units if unit.pool or unit.terms.resources
        }
        self._held: dict[str, Claim] = {}

    @property
    def steps(self) -> frozenset[str]:
        """Steps that need something; none in a store of one run's own, where one step runs at a time."""
        return frozenset() if self._home.ephemeral else frozenset(self._wants)

    def claim(self, step: str) -> Claim:
        """Try to get what a step needs; what a dead run holds is taken from it."""
        store = self._home.store
        assert isinstance(store, Store)
        claim = store.claim(self._run_id, step, self._wants[StepKey.unit_of(step)], fence=self._fence)
        if not claim.granted and end_dead_runs(self._home):
            claim = store.claim(self._run_id, step, self._wants[StepKey.unit_of(step)], fence=self._fence)
        if claim.granted:
            self._held[step] = claim
        return claim

    def devices(self, step: str) -> tuple[str, ...] | None:
        """The GPUs of a step, as its libraries know them; None where there are none, or it asked for none."""
        claim = self._held.get(step)
        if self._devices is None or claim is None or GPU not in claim.units:
            return None
        names = self._devices
        return tuple(names[unit] if unit < len(names) else str(unit) for unit in claim.units[GPU])

    def release(self, step: str) -> None:
        """Give back what a step holds, if anything."""
        if self._held.pop(step, None) is not None:
            store = self._home.store
            assert isinstance(store, Store)
            store.release(self._run_id, step, fence=self._fence)
