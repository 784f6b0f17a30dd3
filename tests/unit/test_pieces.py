"""What an edited file says does not depend on what was known of it before."""

from __future__ import annotations

import random
from typing import Any

import pytest
from blake3 import blake3

from tidemill.code.cache import Section, pack, plain
from tidemill.code.pieces import Piece, with_stubs
from tidemill.code.sources import Source

TEXT = '''\
"""A module."""
import os
from helpers import clean

LIMIT = int(os.environ.get("LIMIT", 3))  # a comment

def first(rows, depth=3):
    """What it does."""
    def inner(row):
        return row * LIMIT
    return [inner(row) for row in rows]

@decorated
@others.decorated("x",
                  depth=2)
async def second(rows):
    text = """
def third(): pass
"""
    return text, lambda row: row

class Model:
    limit = LIMIT
    def fit(self, rows):
        return clean(rows)

if LIMIT > 2:
    def chosen(): return 1
else:
    def chosen(): return 2

def third(): return first([])
def third(): return first([1])
@(yield_nothing := decorated)
def fourth():
    class Model:
        pass
    return Model
'''

NASTY = ['"""', "'''", "x = (", ")", "@decorated", "    return 1", "else:", "\\", "x = 1; \\", "# coding: latin-1",
         "\f", "if LIMIT:", "def third(): pass", "from os import *", "first = 3", "\r", 'S = """', "# é", "+ 1",
         "class Model: x = 1", "pass \\", "async def first(rows): pass", "    # more", "",
         "third = first(lambda: 0)"]  # fmt: skip


def shapes(text: str, before: dict[Any, Any] | None = None) -> dict[Any, Any]:
    content = text.encode()
    packed = pack(before or {})
    section = Section(memoryview(packed), 0, len(packed), blake3(packed).digest())
    found: dict[Any, Any] = plain(Source("x.py", content, "", None, section if before else None).shapes)
    return found


def agree(text: str, before: dict[Any, Any]) -> dict[Any, Any]:
    """The shapes of an edited file, which must be those that a first look gives."""
    found, fresh = shapes(text, before), shapes(text)
    for each in (found, fresh):
        each["pieces"] = sorted(each.get("pieces", ()))
    assert found == fresh
    return fresh


def known(text: str, before: dict[Any, Any]) -> list[str]:
    _, found = with_stubs(text.encode(), [Piece._make(each) for each in before["pieces"]])
    return [f"{now.place[1]} {was.place[0]} → {now.place[0]}" for was, now in found]


def test_a_function_is_known_again_wherever_it_stands() -> None:
    before = shapes(TEXT)
    assert known(TEXT, before) == ["first 7 → 7", "second 13 → 13", "third 32 → 32", "third 33 → 33"]
    moved = TEXT.replace("import os\n", "import os\nimport sys\n\n").replace("return first([1])", "return 2")
    assert known(moved, before) == ["first 7 → 9", "second 13 → 15", "third 32 → 34"]
    agree(moved, before)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('\nLIMIT = int(os.environ.get("LIMIT", 3))', '\nLIMIT = """'),  # what follows is a text, up to a docstring
        ("def first(", "@cached\ndef first("),
        ("    return [inner(row) for row in rows]\n", "    return [inner(row) for row in rows]\n    + 1\n"),
        ("def third(): return first([1])\n", "def third(): return first([1])\n    x = 1\n"),
        ('"""A module."""', "# coding: latin-1"),
        ("\n", "\r\n"),
        ("import os\n", "import os\rimport sys\n"),
        ("def first(rows, depth=3):", "def second(rows, depth=3):"),
        ("class Model:\n    limit", "class Models:\n    limit"),
        ("if LIMIT > 2:\n", "if LIMIT > 2:\n    pass\nif LIMIT > 3:\n"),
        ("async def second", "def second"),
        (TEXT, "def first(:\n"),
        (TEXT, ""),
    ],
)  # fmt: skip
def test_an_edit_is_seen_for_what_it_is(old: str, new: str) -> None:
    edited = TEXT.replace(old, new)
    assert edited != TEXT
    assert plain(agree(edited, shapes(TEXT))) != shapes(TEXT)


def test_a_last_line_that_goes_on_is_not_cut() -> None:
    before = shapes("def f(): return 1 \\\n\n\ndef g(): return 1\n")
    assert known("def f(): return 1 \\\n+ 1\n", before) == []
    agree("def f(): return 1 \\\n+ 1\n", before)


@pytest.mark.parametrize("seed", range(60))
def test_any_edit_gives_the_shapes_of_a_first_look(seed: int) -> None:
    rolled = random.Random(seed)
    text = TEXT
    for _ in range(4):
        before = shapes(text)
        for _ in range(rolled.randrange(1, 3)):
            lines = text.split("\n")
            place = rolled.randrange(len(lines))
            kind = rolled.randrange(4)
            if kind == 0:
                lines.insert(place, rolled.choice(NASTY))
            elif kind == 1:
                del lines[place : place + rolled.randrange(1, 4)]
            elif kind == 2:
                lines[place:place] = lines[rolled.randrange(len(lines)) :][: rolled.randrange(1, 9)]
            else:
                lines[place] += rolled.choice(NASTY)
            text = "\n".join(lines)
        edited = agree(text, before)
        if not edited["pieces"]:  # it does not parse
            text = TEXT
