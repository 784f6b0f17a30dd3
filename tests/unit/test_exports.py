"""The public names: a table, a stub and a list of aliases that agree, and an answer for every other name."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

import coming_from_dagster
import pytest

import tidemill
from tidemill.compat import names
from tidemill.core import errors
from tidemill.core.errors import UnsupportedNameError

STUB = ast.parse(Path(tidemill.__file__).with_suffix(".pyi").read_text(encoding="utf-8")).body
IMPORTS = [statement for statement in STUB if isinstance(statement, ast.ImportFrom)]


def in_order(names: Iterable[str]) -> list[str]:
    """Constants first, as the linter has it."""
    return sorted(names, key=lambda name: (not name.isupper(), name))


def test_the_three_tables_agree() -> None:
    typed = {alias.name: statement.module for statement in IMPORTS for alias in statement.names}
    assert typed == {**tidemill.EXPORTS, "definitions": "tidemill.compat.gathering"}
    assert list(tidemill.EXPORTS) == in_order(tidemill.EXPORTS)
    assert tidemill.__all__ == sorted([*tidemill.EXPORTS, *ALIASES])
    assert dir(tidemill) == tidemill.__all__


def test_the_tables_are_sorted_and_without_doubles() -> None:
    assert tidemill.__all__ == sorted(set(tidemill.__all__))
    modules = [statement.module for statement in IMPORTS]
    assert modules == sorted(set(modules))
    for statement in IMPORTS:
        exported = [alias.name for alias in statement.names]  # their order is the linter's matter
        assert len(exported) == len(set(exported))
        assert all(alias.asname == alias.name for alias in statement.names), "X as X marks a re-export"


@pytest.mark.parametrize("name", tidemill.EXPORTS)
def test_every_name_resolves_to_what_its_module_has(name: str) -> None:
    value = getattr(tidemill, name)
    assert value is getattr(import_module(tidemill.EXPORTS[name]), name)
    assert vars(tidemill)[name] is value


def test_every_name_comes_with_a_star() -> None:
    code = "from tidemill import *\nimport tidemill\nassert set(tidemill.__all__) <= set(globals())"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


TABLE = names.table()
ALIASES = {entry.name: entry.text for entry in TABLE.values() if entry.mark == "="}
OF_THE_ROOT = {"TYPE_CHECKING", "definitions"}  # a constant, and a package that can be called
MISSING = [
    entry
    for entry in TABLE.values()
    if entry.mark in {"~", "!"} and entry.name not in {*tidemill.EXPORTS, *OF_THE_ROOT}
]


def test_every_line_of_the_table_is_read_and_each_area_is_sorted() -> None:
    text = (Path(names.__file__).with_name("names.txt")).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and line[0] not in "#[$"]
    assert [line.partition(" ")[0] for line in lines] == list(TABLE)
    for area in {entry.area: None for entry in TABLE.values()}:
        of_area = [entry.name for entry in TABLE.values() if entry.area == area]
        assert of_area == sorted(of_area), area


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_every_alias_is_the_same_object(alias: str, name: str) -> None:
    assert name in tidemill.EXPORTS
    assert alias not in tidemill.EXPORTS
    assert getattr(tidemill, alias) is getattr(tidemill, name)


def test_type_checkers_know_every_alias() -> None:
    """As `ALIAS = NAME`, which they take for the class itself."""
    others = [ast.unparse(statement) for statement in STUB if isinstance(statement, ast.Assign)]
    assert others == [f"{alias} = {name}" for alias, name in sorted(ALIASES.items())]


def test_every_promised_name_is_served_an_alias_or_refused() -> None:
    """A name without a mark is served; one marked `~` is refused only for as long as the root does not serve it."""
    served = {*tidemill.EXPORTS, *OF_THE_ROOT}
    assert [e.name for e in TABLE.values() if e.mark == "" and e.name not in served] == []
    assert [e.name for e in TABLE.values() if e.mark in {"=", "!"} and e.name in tidemill.EXPORTS] == []
    assert [e.name for e in TABLE.values() if e.mark in {"=", "!"} and not e.text] == []


@pytest.mark.parametrize("entry", MISSING, ids=lambda entry: entry.name)
def test_a_name_that_is_not_there_says_what_to_use(entry: names.PromisedName) -> None:
    with pytest.raises(UnsupportedNameError) as caught:
        getattr(tidemill, entry.name)
    assert caught.value.subject == entry.name
    assert (entry.text or names.LATER) in str(caught.value.next_step)
    assert "$" not in entry.text


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("aset", "asset"),
        ("materialise", "materialize"),
        ("AssetKeys", "AssetKey"),
        ("MetaDataValue", "MetadataValue"),
        ("DagsterInvalidDefinitionErrors", "DagsterInvalidDefinitionError"),
        ("asset_checks", "asset_check"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(wrong: str, right: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(tidemill, wrong)
    error = caught.value
    assert isinstance(error, UnsupportedNameError)
    assert error.subject == wrong
    assert right in (error.next_step or "")
    assert wrong in str(error)


def test_a_name_like_no_other() -> None:
    with pytest.raises(UnsupportedNameError) as caught:
        _ = tidemill.zyzzyva_xylophone
    assert caught.value.next_step is None
    assert not hasattr(tidemill, "zyzzyva_xylophone")


def test_an_import_statement_fails_as_python_has_it() -> None:
    with pytest.raises(ImportError, match="zyzzyva"):
        from tidemill import zyzzyva  # noqa: F401


def test_names_of_the_import_machinery_are_plainly_missing() -> None:
    with pytest.raises(AttributeError) as caught:
        _ = tidemill.__wrapped__
    assert not isinstance(caught.value, UnsupportedNameError)


def test_every_error_that_users_catch_is_exported() -> None:
    kinds = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.TidemillError)
    }
    assert kinds - set(tidemill.EXPORTS) == set()


def test_the_page_for_who_comes_from_elsewhere_is_made_of_the_table() -> None:
    again = "run: python tests/unit/coming_from_dagster.py"
    assert coming_from_dagster.PAGE.read_text(encoding="utf-8") == coming_from_dagster.coming_from(), again
    text = coming_from_dagster.PAGE.read_text(encoding="utf-8")
    for entry in TABLE.values():
        assert f"`{entry.name}`" in text
    assert "trademark" in text
    assert "no affiliation" in text
