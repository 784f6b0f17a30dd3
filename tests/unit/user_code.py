"""A small project of a user's, written to a folder and imported from there, edited or not."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from tidemill.code.fingerprint import Fingerprints
from tidemill.code.recipes import Recipe

TESTS = str(Path(__file__).parents[1])


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write files by their names, and nothing else."""
    for path in sorted(folder.rglob("*.py")):
        path.unlink()
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@contextmanager
def imported(folder: Path, name: str) -> Iterator[ModuleType]:
    """A module of the folder, freshly imported; it and its siblings are forgotten afterwards.

    The tests are no installed library: they would be the user's own code too, so they are not there meanwhile.
    """
    before, writes = dict(sys.modules), sys.dont_write_bytecode
    hidden = {loaded: module for loaded, module in before.items() if is_test(module)}
    for loaded in hidden:
        del sys.modules[loaded]
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = True  # an edit within a second is not seen by its time
    importlib.invalidate_caches()
    try:
        yield importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))
        sys.dont_write_bytecode = writes
        for loaded in set(sys.modules) - set(before):
            if not loaded.startswith("tidemill."):  # whose root has noted what it found in them
                del sys.modules[loaded]
        sys.modules.update(hidden)


def is_test(module: Any) -> bool:
    """Whether a module is one of these tests."""
    return str(getattr(module, "__file__", "")).startswith(TESTS)


def recipe_of(
    folder: Path,
    files: Mapping[str, str],
    target: str = "pipeline:train",
    cache: Path | None = None,
    **more: Any,
) -> Recipe:
    """The recipe of a function (`module:name`) of the files; the cache is read and saved."""
    write(folder, files)
    module, _, name = target.partition(":")
    with imported(folder, module) as loaded:
        value: Any = loaded
        for part in name.split("."):
            value = getattr(value, part)
        fingerprints = Fingerprints(root=folder, cache=cache)
        recipe = fingerprints.recipe(getattr(getattr(value, "unit", None), "fn", value), **more)
        recipe = recipe._replace(parts=tuple(recipe.parts))
        fingerprints.save()
    return recipe
