"""Each name of tier CORE has a test named after it, in a module of its section, that uses what its objects have.

A module of section 1.7 is `test_1_07_….py`; a test of a name is `test_NAME` or `test_NAME_…`, and belongs to the
longest name of the section that it begins with. Sections may have several modules.
"""

from __future__ import annotations

import ast
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MOST_LINES = 800


@cache
def core_names() -> dict[tuple[str, str], set[str]]:
    """(Section, name) → attributes, of the data file."""
    found: dict[tuple[str, str], set[str]] = {}
    section = ""
    for line in (HERE / "core_names.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            name, _, attributes = line.partition(":")
            found.setdefault((section, name), set()).update(attributes.split())
    return found


def modules(section: str) -> list[Path]:
    """The modules of a section."""
    _, number = section.split(".")
    return sorted(HERE.glob(f"test_1_{int(number):02}_*.py"))


@cache
def named_after(section: str) -> dict[str, list[ast.AST]]:
    """Name → the tests that are named after it, with what of their modules they use."""
    names = {name.replace(".", "_"): name for of, name in core_names() if of == section}
    found: dict[str, list[ast.AST]] = {}
    for path in modules(section):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        shared = {name: node for node in body for name in defined(node) if not name.startswith("test_")}
        for node in body:
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
                continue
            title = node.name.removeprefix("test_")
            of = [name for name in names if title == name or title.startswith(f"{name}_")]
            assert of, f"{path.name}: {node.name} is named after no name of section {section}"
            found.setdefault(names[max(of, key=len)], []).extend([node, *reached(node, shared)])
    return found


def defined(node: ast.stmt) -> list[str]:
    """The names that a statement of a module gives."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def reached(node: ast.AST, shared: dict[str, ast.stmt]) -> list[ast.AST]:
    """What a test uses of its module, and what that uses."""
    found: dict[str, ast.AST] = {}
    left = [node]
    while left:
        for inner in ast.walk(left.pop()):
            name = inner.id if isinstance(inner, ast.Name) else ""
            if name in shared and name not in found:
                found[name] = shared[name]
                left.append(shared[name])
    return list(found.values())


def used(nodes: list[ast.AST]) -> set[str]:
    """What the tests ask objects for: attributes, also those that they name in a text or define in a class."""
    words: set[str] = set()
    for node in (inner for outer in nodes for inner in ast.walk(outer)):
        if isinstance(node, ast.Attribute):
            words.add(node.attr)
        elif isinstance(node, ast.ClassDef):
            words.update(name for statement in node.body for name in defined(statement))
            words.update(inner.name for inner in node.body if isinstance(inner, ast.AsyncFunctionDef))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            words.update(node.value.split())
    return words


@pytest.mark.parametrize(("section", "name"), core_names(), ids=map(".".join, core_names()))
def test_a_name_has_a_test_that_uses_what_its_objects_have(section: str, name: str) -> None:
    own = named_after(section).get(name, [])
    assert own, f"no test_{name.replace('.', '_')}… in a module of section {section}"
    assert core_names()[section, name] - used(own) == set()


@pytest.mark.parametrize("name", [name for _, name in core_names()])
def test_a_name_is_served(name: str) -> None:
    module, _, own = name.rpartition(".")
    assert getattr(import_module(f"tidemill.{module}".rstrip(".")), own) is not None


def test_the_names_are_sorted_and_stand_in_one_section() -> None:
    keys = list(core_names())
    assert keys == sorted(keys, key=lambda key: (int(key[0].split(".")[1]), key[1]))
    assert len({name for _, name in keys}) == len(keys)


def test_no_module_is_too_long() -> None:
    sizes = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in HERE.glob("*.py")}
    assert {name: size for name, size in sizes.items() if size > MOST_LINES} == {}
