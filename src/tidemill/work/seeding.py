"""Random numbers of a step: seeded from one recorded number, so that the attempt can be repeated.

`random` is seeded, `numpy.random` and `torch` where they are loaded; where they are not, they are as soon as the step
imports them. Generators that a user makes are the user's: `numpy.random.default_rng()` without a seed stays random.
"""

from __future__ import annotations

import importlib.util
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NamedTuple

NUMPY_SEEDS = 1 << 32  # its global generator takes 32 bits


def seed_all(seed: int) -> None:
    """Seed the global generators of this process, now or when they are imported."""
    random.seed(seed)
    waiting = {}
    for name, seed_module in _SEEDED.items():
        if name in sys.modules:
            seed_module(sys.modules[name], seed)
        else:
            waiting[name] = seed
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _SeedsAtImport)]
    sys.meta_path.insert(0, _SeedsAtImport(waiting))


class RandomState(NamedTuple):
    """The state of the generators that are loaded."""

    python: Any
    numpy: Any
    torch: Any

    @classmethod
    def now(cls) -> RandomState:
        """As it is."""
        numpy: Any = sys.modules.get("numpy.random")
        torch: Any = sys.modules.get("torch")
        return cls(
            random.getstate(),
            numpy.get_state() if numpy is not None else None,
            torch.get_rng_state() if torch is not None else None,
        )

    def restore(self) -> None:
        """Put it back."""
        sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _SeedsAtImport)]
        random.setstate(self.python)
        # What was loaded since then has no state to go back to; it must not go on from a seed of somebody else's.
        numpy: Any = sys.modules.get("numpy.random")
        if self.numpy is not None:
            numpy.set_state(self.numpy)
        elif numpy is not None:
            numpy.seed()
        torch: Any = sys.modules.get("torch")
        if self.torch is not None:
            torch.set_rng_state(self.torch)
        elif torch is not None:
            torch.seed()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed them for the time of a block, in a process whose random state is the user's."""
    state = RandomState.now()
    seed_all(seed)
    try:
        yield
    finally:
        state.restore()


def _seed_numpy(module: Any, seed: int) -> None:
    module.seed(seed % NUMPY_SEEDS)


def _seed_torch(module: Any, seed: int) -> None:
    module.manual_seed(seed)


_SEEDED: dict[str, Callable[[Any, int], None]] = {"numpy.random": _seed_numpy, "torch": _seed_torch}


class _SeedsAtImport:
    """Finds the modules as Python does, and seeds them when they are there."""

    def __init__(self, waiting: dict[str, int]) -> None:
        self._waiting = waiting

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        """The spec of a module that is to be seeded, with a loader that does so."""
        if name not in self._waiting:
            return None
        seed = self._waiting.pop(name)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_seed(module: ModuleType) -> None:
                load(module)
                _SEEDED[name](module, seed)

            spec.loader.exec_module = load_and_seed  # type: ignore[method-assign]
        return spec
