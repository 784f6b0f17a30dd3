"""The promised signatures as data, compared with ours (api.md 1.1 to 1.15).

`promised_signatures.txt` holds a line a callable: `NAME(parameters)`, or `NAME 7 (…)` and `NAME 13 (…)` where the two
versions of the interface differ; `...` is a default that cannot be written down. A line `CLASS: names` lists what
objects have besides. The rule is the union: what either version accepts is accepted.

`promised_differences.txt` says where we differ on purpose, and why. What the root does not serve is not compared.
"""

from __future__ import annotations

import enum
import inspect
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import tidemill

HERE = Path(__file__).parent
LINE = re.compile(r"([\w.]+)(?: (?:7|13) )?\((.*)\)")
SET = re.compile(r"self\.(\w+)(?:: [^=]+)? = ")
PART = re.compile(r"(\*{0,2}\w*)(?:=(.*))?")


class Parameter(NamedTuple):
    """A promised parameter; `default` is None where it must be given, `…` where any will do."""

    name: str
    keyword_only: bool
    default: str | None


def lines() -> list[str]:
    """The lines of the data."""
    return (HERE / "promised_signatures.txt").read_text(encoding="utf-8").splitlines()


def signatures() -> dict[str, list[list[Parameter]]]:
    """The promised parameters by dotted name, once for each version that differs."""
    promised: dict[str, list[list[Parameter]]] = {}
    for line in lines():
        if ": " in line:
            continue
        match = LINE.fullmatch(line)
        assert match is not None, line
        parameters, keyword_only = [], False
        for part in filter(None, match[2].split(", ")):
            found = PART.fullmatch(part)
            assert found is not None, line
            if found[1] not in {"*", ""} and not found[1].startswith("**"):
                parameters.append(Parameter(found[1], keyword_only, found[2]))
            keyword_only = keyword_only or found[1].startswith("*")
        promised.setdefault(match[1], []).append(parameters)
    return promised


def written(value: object) -> str:
    """A default as the data has it."""
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    plain = value is None or isinstance(value, bool | int | float | str)
    return repr(value) if plain else "..."


def same_default(ours: object, promised: str | None) -> bool:
    """Whether a default is the promised one, as far as that can be written down; an empty one is as good as another."""
    empty = ours is not inspect.Parameter.empty and ours in ((), [], {}) and promised in ("()", "[]", "{}")
    return promised in (None, "...") or empty or written(ours) == promised


def same_places(versions: list[list[Parameter]]) -> list[str]:
    """Names of the parameters that stand at the same places in every version."""
    places = [[p.name for p in version if not p.keyword_only] for version in versions]
    names = []
    for at in zip(*places, strict=False):
        if len(set(at)) > 1:
            break
        names.append(at[0])
    return names


def differences(versions: list[list[Parameter]], ours: inspect.Signature) -> list[tuple[str, str]]:
    """Parameter and what is wrong with it, for each promise that our signature does not keep."""
    kept: dict[str, Any] = dict(ours.parameters)
    positional = [p.name for p in kept.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    places = same_places(versions)
    wrong: dict[str, str] = {}
    for promised in (parameter for version in versions for parameter in version):
        name = promised.name
        if name.startswith("*"):
            if not any(p.kind is p.VAR_POSITIONAL for p in kept.values()):
                wrong[name] = "missing"
            continue
        found = kept.get(name)
        if found is None or found.kind in (found.VAR_POSITIONAL, found.VAR_KEYWORD):
            wrong[name] = "missing"
        elif found.kind is found.POSITIONAL_ONLY:
            wrong[name] = "cannot be given by name"
        elif name in places and positional[: places.index(name) + 1] != places[: places.index(name) + 1]:
            wrong[name] = f"stands at another place: {', '.join(positional)}"
        elif promised.default is not None and found.default is found.empty:
            wrong[name] = f"must be given; the promised default is {promised.default}"
        elif not any(same_default(found.default, default) for default in defaults(versions, name)):
            wrong[name] = f"default {written(found.default)} for {promised.default}"
    known = {p.name.lstrip("*") for version in versions for p in version}
    for p in kept.values():
        if p.name not in known and p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
            wrong[p.name] = "is not promised, and must be given"
    return list(wrong.items())


def defaults(versions: list[list[Parameter]], name: str) -> set[str | None]:
    """The defaults that either version has."""
    return {p.default for version in versions for p in version if p.name == name}


PROMISED = {name: of for name, of in signatures().items() if name.partition(".")[0] in tidemill.EXPORTS}


def differs(name: str, versions: list[list[Parameter]]) -> dict[str, str]:
    """What is wrong with one of ours, by the dotted name of the parameter."""
    top, _, method = name.partition(".")
    owner = getattr(tidemill, top)
    if not method:
        return {f"{name}.{of}": what for of, what in differences(versions, inspect.signature(owner))}
    found = inspect.getattr_static(owner, method, None)
    if found is None or not callable(getattr(owner, method)):
        return {name: "is missing"}
    signature = inspect.signature(getattr(owner, method))
    if inspect.isfunction(found):
        signature = signature.replace(parameters=list(signature.parameters.values())[1:])
    return {f"{name}.{of}": what for of, what in differences(versions, signature)}


def on_purpose() -> dict[str, str]:
    """Dotted name → why, of what differs on purpose."""
    text = (HERE / "promised_differences.txt").read_text(encoding="utf-8")
    said = [line.partition(" ") for line in text.splitlines() if line and line[0] != "#"]
    return {name: why for name, _, why in said}


def reason(name: str, allowed: dict[str, str]) -> str | None:
    """The line that covers a difference: of itself, or of what it belongs to."""
    parts = name.split(".")
    return next((k for n in range(len(parts), 0, -1) if (k := ".".join(parts[:n])) in allowed), None)


@pytest.mark.parametrize("name", PROMISED)
def test_a_signature_accepts_what_either_version_does(name: str) -> None:
    found = differs(name, PROMISED[name])
    assert {of: what for of, what in found.items() if reason(of, on_purpose()) is None} == {}


ATTRIBUTES = {
    name: attributes.split()
    for line in lines()
    if ": " in line
    for name, _, attributes in [line.partition(": ")]
    if name in tidemill.EXPORTS
}


def lacks(name: str) -> list[str]:
    """Attributes that objects of a class do not have, by dotted name."""
    owner = getattr(tidemill, name)
    bases = [cls for cls in owner.__mro__ if cls.__module__.startswith("tidemill.")]
    known = {field for cls in bases for field in vars(cls).get("__annotations__", ())}
    known |= {field for cls in bases for field in SET.findall(inspect.getsource(cls))}
    return [f"{name}.{a}" for a in ATTRIBUTES[name] if not hasattr(owner, a) and a not in known]


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_objects_have_the_promised_attributes(name: str) -> None:
    assert [missing for missing in lacks(name) if reason(missing, on_purpose()) is None] == []


def test_each_difference_has_a_reason_and_is_one() -> None:
    allowed = on_purpose()
    assert list(allowed) == sorted(allowed)
    assert [name for name, why in allowed.items() if not why] == []
    all_found = {of for name, versions in PROMISED.items() for of in differs(name, versions)}
    all_found |= {of for name in ATTRIBUTES for of in lacks(name)}
    used = {reason(of, allowed) for of in all_found}
    said = {
        name for name, why in allowed.items() if name.partition(".")[0] in tidemill.EXPORTS and why[0] != "~"
    }
    private = {name for name in said if name.rpartition(".")[2].startswith("_")}  # the data leave those out
    assert said - private - used == set()
