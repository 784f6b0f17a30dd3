"""What the user's code does while it is imported, as far as that matters later.

    with watched() as watch: import …          watch.seen() ─▶ Imports

- **Threads**: libraries start threads when they are loaded, which a later fork survives. Threads that the user's own
  statements start (a model that is trained at import) it does not: such code is moved to new interpreters.
- **Seeds**: code that seeds a global random generator means every step to begin from there.
"""

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tidemill.core.frames import OWN_CODE

TASKS = "/proc/self/task"
INSTALLED = frozenset({"site-packages", "dist-packages"})
STANDARD = str(Path(os.__file__).parent)
SEEDING = {"random": "seed", "numpy.random": "seed", "torch": "manual_seed"}
"""Functions that seed a global generator, by module."""


class Imports(NamedTuple):
    """What was seen.

    Attributes:
        threads: Modules of the user whose statements started threads.
        seeds: Whether a global random generator was seeded.
    """

    threads: tuple[str, ...] = ()
    seeds: bool = False


class Watch:
    """Notes what happens; `seen` tells.

    Attributes:
        importing: Who imports now, outermost first: the name of a module of the user, "" for a library.
    """

    def __init__(self) -> None:
        self.importing: list[str] = []
        self._allowed = [0]
        self._threads: dict[str, None] = {}
        self._seeds = False

    def seen(self) -> Imports:
        """What was noted so far."""
        return Imports(tuple(self._threads), self._seeds)

    def imported(self, load: Callable[..., Any], name: str, *arguments: Any, **more: Any) -> Any:
        """Import something for a module of the user, and note what threads that leaves."""
        names = arguments[0] if arguments else more.get("globals")
        before = _threads()
        own = _is_own(names)
        self.importing.append(_name(names) if own else "")
        self._allowed.append(0)
        try:
            return load(name, *arguments, **more)
        finally:
            self.importing.pop()
            allowed = self._allowed.pop()
            started = max(0, _threads() - before)  # one may have ended meanwhile
            target = _own_target(name, names, *_rest(arguments, more))
            if target and started > allowed:
                self._threads[target] = None
            self._allowed[-1] += started  # explained, one way or the other

    def main(self, name: str, before: int) -> None:
        """The module itself has been run: threads that no import of it explains are its own."""
        if _threads() - before > self._allowed[0]:
            self._threads[name] = None

    def seeded(self, seed: Callable[..., Any]) -> Callable[..., Any]:
        """A function that seeds a generator, noting that it was called."""

        def called(*arguments: Any, **more: Any) -> Any:
            if arguments[:1] != (None,) and (arguments or more):
                self._seeds = True
            return seed(*arguments, **more)

        return called


@contextmanager
def watched(name: str) -> Iterator[Watch]:
    """Watch the import of the module `name` of the user, in the block."""
    watch = Watch()
    before, load = _threads(), builtins.__import__
    replaced: dict[str, Any] = {}

    def watch_seeds() -> None:
        for module_name, function in SEEDING.items():
            module = sys.modules.get(module_name)
            if module_name not in replaced and hasattr(module, function):
                replaced[module_name] = getattr(module, function)
                setattr(module, function, watch.seeded(replaced[module_name]))

    importing = watch.importing

    def imported(module: str, *arguments: Any, **more: Any) -> Any:
        if (
            importing and not importing[-1]
        ):  # inside of a library: twenty thousand times where there are large ones
            return load(module, *arguments, **more)
        found = watch.imported(load, module, *arguments, **more)
        watch_seeds()
        return found

    watch_seeds()
    builtins.__import__ = imported  # type: ignore[assignment]
    try:
        yield watch
    finally:
        builtins.__import__ = load
        for module_name, seed in replaced.items():
            setattr(sys.modules[module_name], SEEDING[module_name], seed)
        watch.main(name, before)


def _rest(arguments: tuple[Any, ...], more: dict[str, Any]) -> tuple[tuple[str, ...], int]:
    """`fromlist` and `level` of a call of `__import__`."""
    _, _, fromlist, level = (*arguments, *(None,) * 4)[:4]
    return tuple(more.get("fromlist", fromlist) or ()), more.get("level", level) or 0


def _own_target(name: str, names: Any, fromlist: tuple[str, ...], level: int) -> str:
    """The module of the user that was imported; "" where it was none of the user's."""
    if level and isinstance(names, dict):
        package = str(names.get("__package__") or "").split(".")
        name = ".".join([*package[: len(package) - level + 1], *filter(None, [name])])
    # A folder without `__init__.py` has no file; what is imported from it has.
    for candidate in (*(f"{name}.{each}" for each in fromlist), name, name.partition(".")[0]):
        module = sys.modules.get(candidate)
        if module is not None and _is_own(vars(module)):
            return candidate
    return ""


def _threads() -> int:
    try:
        return len(os.listdir(TASKS))  # noqa: PTH208  (for each import of the user's)
    except OSError:
        return 0


def _name(names: Any) -> str:
    return str(names.get("__name__", "")) if isinstance(names, dict) else ""


def _is_own(names: Any) -> bool:
    """Whether the globals of a module are those of one of the user's."""
    path = names.get("__file__") if isinstance(names, dict) else None
    if not isinstance(path, str):
        return False
    path = str(Path(path).absolute())
    return not (path.startswith((STANDARD, OWN_CODE)) or not INSTALLED.isdisjoint(Path(path).parts))
