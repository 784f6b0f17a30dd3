"""Every name of the interface that Tidemill promises, and what becomes of those that the root does not serve itself.

`names.txt` beside this module is the table: each name of both versions of the interface, by area, and whether it is
served, another spelling of a name that is, or not there, with what to use instead. It is read when a program asks the
root for a name that the root's own table does not have, so that importing Tidemill never pays for it. Whether a name is
served is never written twice: the root's table says so.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from functools import cache
from opcode import opname
from typing import NamedTuple

from tidemill.core.errors import UnsupportedNameError
from tidemill.core.suggest import did_you_mean

LATER = "it belongs to a part of Tidemill that does not exist yet"
# Of the errors that have several other names, the one that is raised.
RAISED_AS = {"TypeCheckError": "DagsterTypeCheckDidNotPass", "UserCodeError": "DagsterUserCodeExecutionError"}
LINE = re.compile(r"(\w+)(?: (7|13|0))?(?: ([=~!])(?: (.+))?)?")
WORD = re.compile(r"\$(\w+)")


class PromisedName(NamedTuple):
    """A line of the table."""

    name: str
    area: str
    since: str  # "7" and "13": only in that version; "0": public in neither; "": in both
    mark: str  # "=" alias, "!" refused, "~" refused until it is served, "" served
    text: str  # the name that an alias stands for, or what to use instead


def table() -> dict[str, PromisedName]:
    """The lines of `names.txt`."""
    return read("names.txt")


@cache
def read(file: str) -> dict[str, PromisedName]:
    """The lines of a table beside this module by name, in their order."""
    names: dict[str, PromisedName] = {}
    texts: dict[str, str] = {}
    area = ""
    path = __file__.rpartition("names")[0] + file
    with open(path, encoding="utf-8") as opened:  # noqa: PTH123  (programs name errors, and pathlib takes 3 ms to load)
        lines = opened.read().splitlines()
    for line in lines:
        if line.startswith("["):
            area = line[1:-1]
        elif line.startswith("$"):
            word, _, texts[word[1:]] = line.partition(" ")
        elif match := LINE.fullmatch(line):
            name, since, mark, text = (part or "" for part in match.groups())
            names[name] = PromisedName(name, area, since, mark, WORD.sub(lambda m: texts[m[1]], text))
    return names


def spelled(cls_name: str) -> str:
    """The name by which programs know one of our errors; its own where they know none."""
    others = [entry.name for entry in table().values() if entry.mark == "=" and entry.text == cls_name]
    same = [name for name in others if name == f"Dagster{cls_name}"]
    return RAISED_AS.get(cls_name) or next(iter(same or others), cls_name)


def find(name: str, exports: Iterable[str]) -> str:
    """The public name that `name` is another spelling of.

    Args:
        name: What was asked for.
        exports: The public names.

    Raises:
        ImportError: It is none, and an import statement asks.
        UnsupportedNameError: It is none; the message says what to use, or names the nearest.
    """
    promised = table().get(name) or read("modules.txt").get(name)
    if promised is not None and promised.mark == "=" and name in table():
        return promised.text
    aliases = [other.name for other in table().values() if other.mark == "="]
    error = unsupported(repr(name), name, promised, [*exports, *aliases])
    if _asked_by_import():
        # `from tidemill import …` would turn an AttributeError into an ImportError without its message.
        raise ImportError(str(error), name=name) from None
    raise error


def unsupported(
    what: str, name: str, promised: PromisedName | None, known: Iterable[str] = ()
) -> UnsupportedNameError:
    """The error that says that there is no `what`, and what to use instead."""
    if promised is None:
        next_step = did_you_mean(name, known)
    else:
        next_step = f"use instead: {promised.text}" if promised.text else LATER
    return UnsupportedNameError(
        f"tidemill has no {what}",
        subject=name,
        found=name,
        expected="a name in tidemill.__all__",
        next_step=next_step,
    )


def _asked_by_import() -> bool:
    """Whether the code that asked the root for a name stands at a `from tidemill import`."""
    frame = sys._getframe(3) if hasattr(sys, "_getframe") else None
    return frame is not None and opname[frame.f_code.co_code[frame.f_lasti]] == "IMPORT_FROM"
