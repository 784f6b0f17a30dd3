"""Modules of the promised interface that are no files here: what importing them gives (api.md 1.15–1.17)."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module, util
from importlib.machinery import PathFinder

import pytest

import tidemill
from tidemill.compat.names import read
from tidemill.core.errors import TidemillError, UnsupportedNameError

MODULES = read("modules.txt")


def is_a_file(name: str) -> bool:
    """Whether the package has a module of that name."""
    return PathFinder.find_spec(f"tidemill.{name}", tidemill.__path__) is not None


@pytest.mark.parametrize("name", [name for name, entry in MODULES.items() if entry.area != "Modules inside"])
def test_a_package_is_served_or_says_what_to_use(name: str) -> None:
    if is_a_file(name):
        assert MODULES[name].mark in {"", "~"}
        return
    with pytest.raises(ModuleNotFoundError) as caught:
        import_module(f"tidemill.{name}")
    assert caught.value.name == f"tidemill.{name}"
    assert MODULES[name].text
    assert MODULES[name].text in str(caught.value)
    with pytest.raises(UnsupportedNameError) as named:
        getattr(tidemill, name)
    assert MODULES[name].text in str(named.value)


def test_an_unknown_module_is_plainly_missing() -> None:
    for name in ("tidemill.zyzzyva", "tidemill.core.zyzzyva"):
        assert util.find_spec(name) is None
        with pytest.raises(ModuleNotFoundError, match="zyzzyva"):
            import_module(name)


def test_errors_are_found_where_tests_import_them_from() -> None:
    from tidemill._check import CheckError
    from tidemill._core.definitions.events import AssetMaterialization
    from tidemill._core.errors import DagsterInvalidConfigError, DagsterInvalidDefinitionError
    from tidemill._core.test_utils import instance_for_test

    assert CheckError is TidemillError
    assert DagsterInvalidConfigError is tidemill.InvalidConfigError
    assert DagsterInvalidDefinitionError is tidemill.InvalidDefinitionError
    assert AssetMaterialization is tidemill.AssetMaterialization
    from tidemill.components import load_from_defs_folder
    from tidemill.version import __version__

    assert load_from_defs_folder is tidemill.load_from_defs_folder

    assert __version__ == tidemill.__version__
    assert instance_for_test is tidemill.instance_for_test


def test_what_such_a_module_does_not_have_is_refused_as_by_the_root() -> None:
    with pytest.raises(ImportError, match="Dagsterr"):
        from tidemill._core.errors import Dagsterr  # noqa: F401
    with pytest.raises(ImportError, match="@asset functions"):
        from tidemill.components import Component  # noqa: F401
    with pytest.raises(ImportError, match="class MyConfig"):
        from tidemill._config import Selector  # noqa: F401
    module = import_module("tidemill._core.anything")
    with pytest.raises(UnsupportedNameError, match="materialize"):
        _ = module.materialise
    # The import system cannot tell a function from a module; its call is refused then.
    from tidemill._core.test_utils import wait_for_runs

    with pytest.raises(UnsupportedNameError, match="wait_for_runs"):
        wait_for_runs(3)


def test_the_finder_stands_behind_all_others_and_answers_for_this_package_only() -> None:
    code = """
import sys
before = list(sys.meta_path)
import tidemill
assert sys.meta_path[:len(before)] == before and len(sys.meta_path) == len(before) + 1
assert "tidemill.compat.modules" not in sys.modules
try:
    import a_module_that_is_not_there
except ModuleNotFoundError as error:
    assert "No module named" in str(error)
assert "tidemill.compat.modules" not in sys.modules
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
