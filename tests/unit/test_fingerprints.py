"""The fingerprint of code: what counts, what does not, and what is said of a change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from user_code import recipe_of

from tidemill.code.cache import header, read_cache
from tidemill.code.recipes import difference

PIPELINE = '''\
"""What is trained."""
import functools
import helpers
import package.tools as tools
import package.tools
from helpers import MIN_DF, Model, clean as tidy
from stars import *
from tidemill import asset, Config

LIMIT = 10
double = lambda x: x * 2
STEPS = {"first": helpers.step_one, "second": [helpers.step_two]}
HALF = functools.partial(helpers.divide, by=2)


class Options(Config):
    depth: int = 3


@functools.lru_cache
def cached(x):
    return x + 1


def unrelated(x):
    return x


@asset(description="A model")
def train(raw: list, depth: int = 3, *, config: Options, rate=0.5) -> object:
    """Docstring."""
    from helpers import late
    kept = [row for row in raw if row]  # a comment
    model = Model(depth)
    text = f"{len(kept)!r:>3} 'kept' {MIN_DF}"
    return (tidy(kept), model.fit(kept), helpers.deep(LIMIT), tools.shape(1), package.tools.cut(2),
            starred(3), double(4), STEPS["first"], HALF(8), cached(1), helpers.decorated(2), helpers.even(4),
            helpers.Row(1), helpers.Pair(1, 2), helpers.Colour.RED, late(1), helpers.SETTINGS.depth,
            helpers.scaled(3), text, rate, config)
'''

HELPERS = """\
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple
from decorating import repeat

MIN_DF = 1
SCALE = 2
FAR = {"a": (1, 2), "b": {"x", "y"}}


def deepest(x):
    return x * FAR["a"][0]


def deeper(x):
    return deepest(x) + 1


def deep(x):
    return deeper(x)


def clean(rows, low=0, *, high=9):
    return [row for row in rows if low < row < high]


class Base:
    kind = "base"

    def prepare(self, rows):
        return rows


class Model(Base):
    rate = 0.1

    def __init__(self, depth):
        self.depth = depth

    def fit(self, rows):
        return self.prepare(rows)


def step_one(x):
    return x


def step_two(x):
    return x + 1


def divide(x, by):
    return x / by


@repeat(3)
def decorated(x):
    return x


def even(n):
    return n == 0 or odd(n - 1)


def odd(n):
    return n != 0 and even(n - 1)


@dataclass
class Row:
    a: int
    b: int = 2
    c: list = field(default_factory=list)


class Pair(NamedTuple):
    x: int
    y: int = 5


class Colour(Enum):
    RED = 1
    BLUE = 2


def late(x):
    return x


class Settings:
    def __init__(self, depth):
        self.depth = depth


SETTINGS = Settings(depth=4)


def make(scale):
    def scaled(x):
        return x * scale
    return scaled


scaled = make(SCALE)
"""

DECORATING = """\
import functools


def repeat(times):
    def decorate(fn):
        @functools.wraps(fn)
        def wrapper(*args):
            return [fn(*args) for _ in range(times)]
        return wrapper
    return decorate
"""

FILES = {
    "pipeline.py": PIPELINE,
    "helpers.py": HELPERS,
    "decorating.py": DECORATING,
    "stars.py": "def starred(x):\n    return x\n\n\ndef _hidden(x):\n    return x\n",
    "package/__init__.py": "",
    "package/tools.py": "from .shapes import shape\n\n\ndef cut(x):\n    return x[:1]\n",
    "package/shapes.py": "def shape(x):\n    return (x,)\n",
}
P, H = "pipeline.py", "helpers.py"

SAME = [
    ("comment", P, "# a comment", "# another comment"),
    ("docstring", P, '"""Docstring."""', '"""Another."""'),
    ("no docstring", P, '    """Docstring."""\n', ""),
    ("module docstring", P, '"""What is trained."""', ""),
    ("formatting", P, "[row for row in raw if row]", "[\n        row\n        for row in raw\n        if row\n    ]"),
    ("parentheses", P, "model = Model(depth)", "model = (Model((depth)))"),
    ("quotes", P, "STEPS[\"first\"]", "STEPS['first']"),
    ("annotation of a parameter", P, "raw: list", "raw"),
    ("annotation of the result", P, ") -> object:", ") -> dict[str, int]:"),
    ("annotation of a variable", P, "model = Model(depth)", "model: Model = Model(depth)"),
    ("annotation of a constant", P, "LIMIT = 10", "LIMIT: int = 10"),
    ("a constant written otherwise", P, "LIMIT = 10", "LIMIT = 2 * 5"),
    ("what the asset says of itself", P, 'description="A model"', 'description="The model", owners=["team:a"]'),
    ("the config class", P, "    depth: int = 3\n", "    depth: int = 4\n"),
    ("pass", H, "    return deeper(x)\n", "    pass\n    return deeper(x)\n"),
    ("lines before", P, '"""What is trained."""', '"""What is trained."""\n\n\n'),
    ("an unrelated function", P, "def unrelated(x):\n    return x", "def unrelated(x):\n    return x + 1"),
    ("another unrelated function", H, "def odd(n)", "def stranger(n):\n    return n\n\n\ndef odd(n)"),
    ("order of functions", H, HELPERS[HELPERS.index("def step_one") : HELPERS.index("def divide")],
     "def step_two(x):\n    return x + 1\n\n\ndef step_one(x):\n    return x\n\n\n"),
    ("order of methods", H, "    def fit(self, rows):\n        return self.prepare(rows)\n", ""),
    ("type of a field of a dataclass", H, "    b: int = 2", "    b: float = 2"),
    ("order of a set", H, '{"x", "y"}', '{"y", "x"}'),
]  # fmt: skip

CHANGED = [
    ("body", P, "if row]", "if row > 1]", "pipeline.py", "train"),
    ("name of a variable", P, "row for row in raw if row", "r for r in raw if r", "pipeline.py", "train"),
    ("f-string", P, "'kept' {MIN_DF}", "'left' {MIN_DF}", "pipeline.py", "train"),
    ("default", P, "depth: int = 3, *", "depth: int = 4, *", "pipeline.py", "train(depth)"),
    ("keyword default", P, "rate=0.5", "rate=0.6", "pipeline.py", "train(rate)"),
    ("constant of the module", P, "LIMIT = 10", "LIMIT = 11", "pipeline.py", "LIMIT"),
    ("imported constant", H, "MIN_DF = 1", "MIN_DF = 2", "helpers.py", "MIN_DF"),
    ("type of a constant", H, "MIN_DF = 1", "MIN_DF = 1.0", "helpers.py", "MIN_DF"),
    ("helper three deep", H, "return x * FAR", "return x / FAR", "helpers.py", "deepest"),
    ("constant three deep", H, '"a": (1, 2)', '"a": (1, 3)', "helpers.py", "FAR"),
    ("set three deep", H, '{"x", "y"}', '{"x", "z"}', "helpers.py", "FAR"),
    ("function by another name", H, "if low < row", "if low <= row", "helpers.py", "clean"),
    ("default of a helper", H, "low=0", "low=1", "helpers.py", "clean(low)"),
    ("method", H, "return self.prepare(rows)", "return self.prepare(rows[1:])", "helpers.py", "Model.fit"),
    ("constructor", H, "self.depth = depth\n\n    def fit", "self.depth = depth + 1\n\n    def fit",
     "helpers.py", "Model.__init__"),
    ("class attribute", H, "rate = 0.1", "rate = 0.2", "helpers.py", "Model.rate"),
    ("base class", H, "class Model(Base)", "class Model(Base, object)", "helpers.py", "Model"),
    ("method of the base class", H, "        return rows\n", "        return rows[:9]\n", "helpers.py", "Base.prepare"),
    ("attribute of the base class", H, 'kind = "base"', 'kind = "root"', "helpers.py", "Base.kind"),
    ("a new method", H, "    rate = 0.1", "    rate = 0.1\n\n    def more(self):\n        return 1\n",
     "helpers.py", "Model.more"),
    ("lambda", P, "lambda x: x * 2", "lambda x: x * 3", "pipeline.py", "double"),
    ("function in a dict", H, "def step_one(x):\n    return x", "def step_one(x):\n    return -x",
     "helpers.py", "step_one"),
    ("function in a list in a dict", H, "def step_two(x):\n    return x + 1", "def step_two(x):\n    return x + 2",
     "helpers.py", "step_two"),
    ("key of a dict", P, '"second":', '"third":', "pipeline.py", "STEPS"),
    ("argument of a partial", P, "by=2", "by=3", "pipeline.py", "HALF"),
    ("function of a partial", H, "x / by", "x // by", "helpers.py", "divide"),
    ("cached function", P, "def cached(x):\n    return x + 1", "def cached(x):\n    return x + 2",
     "pipeline.py", "cached"),
    ("body of a decorator", "decorating.py", "for _ in range(times)]", "for _ in range(times + 1)]",
     "decorating.py", "repeat.decorate.wrapper"),
    ("argument of a decorator", H, "@repeat(3)", "@repeat(4)", "decorating.py", "repeat.decorate.wrapper(times)"),
    ("what is decorated", H, "def decorated(x):\n    return x", "def decorated(x):\n    return -x",
     "helpers.py", "decorated"),
    ("one of two that call each other", H, "n != 0 and", "n > 0 and", "helpers.py", "odd"),
    ("default of a field", H, "    b: int = 2", "    b: int = 3", "helpers.py", "Row.b"),
    ("a new field", H, "    b: int = 2", "    b: int = 2\n    d: int = 2", "helpers.py", "Row"),
    ("default of a named tuple", H, "    y: int = 5", "    y: int = 6", "helpers.py", "Pair.y"),
    ("member of an enumeration", H, "BLUE = 2", "BLUE = 3", "helpers.py", "Colour.BLUE"),
    ("what a function imports", H, "def late(x):\n    return x", "def late(x):\n    return -x", "helpers.py", "late"),
    ("state of an instance", H, "Settings(depth=4)", "Settings(depth=5)", "helpers.py", "SETTINGS"),
    ("class of an instance", H, "class Settings:\n", "class Settings:\n    extra = 1\n", "helpers.py", "Settings"),
    ("variable of a closure", H, "SCALE = 2", "SCALE = 3", "helpers.py", "make.scaled(scale)"),
    ("body of a closure", H, "return x * scale", "return x + scale", "helpers.py", "make.scaled"),
    ("through a package", "package/shapes.py", "(x,)", "(x, x)", "package/shapes.py", "shape"),
    ("by its dotted name", "package/tools.py", "x[:1]", "x[:2]", "package/tools.py", "cut"),
    ("star import", "stars.py", "def starred(x):\n    return x", "def starred(x):\n    return -x",
     "stars.py", "starred"),
]  # fmt: skip


def edited(file: str, old: str, new: str) -> dict[str, str]:
    assert FILES[file].count(old) >= 1, f"{old!r} is not in {file}"
    return {**FILES, file: FILES[file].replace(old, new, 1)}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any, bytes]:
    """Folder, recipe and cache of the project before any edit."""
    folder = tmp_path_factory.mktemp("project")
    cache = folder / "cache"
    recipe = recipe_of(folder, FILES, cache=cache)
    kept = read_cache(cache, header(str(folder), "minor"))
    assert kept is not None
    assert "answers" in kept.sections
    return folder, recipe, cache.read_bytes()


def both_ways(base: tuple[Path, Any, bytes], files: dict[str, str]) -> Any:
    """The recipe without a cache; that with the cache of the project before the edit must be the same."""
    folder, _, kept = base
    cold = recipe_of(folder, files)
    cache = folder / "cache"
    cache.write_bytes(kept)
    assert recipe_of(folder, files, cache=cache) == cold
    assert recipe_of(folder, files, cache=cache) == cold
    return cold


@pytest.mark.parametrize(("file", "old", "new"), [row[1:] for row in SAME], ids=[row[0] for row in SAME])
def test_what_does_not_count(base: tuple[Path, Any, bytes], file: str, old: str, new: str) -> None:
    files = edited(file, old, new)
    if "def fit" in old:  # moved in front of the constructor
        files[H] = files[H].replace("    def __init__(self, depth):\n        self.depth = depth\n\n\n", "", 1)
        files[H] = files[H].replace(
            "    rate = 0.1\n",
            "    rate = 0.1\n\n" + old + "\n    def __init__(self, depth):\n        self.depth = depth\n\n",
            1,
        )
    after = both_ways(base, files)
    assert difference(base[1].parts, after.parts) == []
    assert after.fingerprint == base[1].fingerprint


@pytest.mark.parametrize(
    ("file", "old", "new", "where", "name"), [row[1:] for row in CHANGED], ids=[row[0] for row in CHANGED]
)
def test_what_counts(
    base: tuple[Path, Any, bytes], file: str, old: str, new: str, where: str, name: str
) -> None:
    after = both_ways(base, edited(file, old, new))
    assert after.fingerprint != base[1].fingerprint
    first = difference(base[1].parts, after.parts)[0]
    part = first.new or first.old
    assert part is not None
    assert (part.where, part.name) == (where, name)
