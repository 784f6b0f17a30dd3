"""How far the fingerprint reaches: what is followed, what is declared, and what is said to be out of sight."""

from __future__ import annotations

import linecache
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from user_code import imported, recipe_of, write

from tidemill.code.fingerprint import Fingerprints
from tidemill.code.recipes import Recipe, difference


def recipe(folder: Path, target: str = "main:f", **files: str) -> Recipe:
    return recipe_of(folder, {f"{name}.py": text for name, text in files.items()}, target)


def changed(folder: Path, before: dict[str, str], after: dict[str, str], target: str = "main:f") -> list[str]:
    """What `why` would say."""
    old, new = recipe(folder, target, **before), recipe(folder, target, **after)
    changes = [str(change) for change in difference(old.parts, new.parts)]
    assert bool(changes) == (old.fingerprint != new.fingerprint)
    return changes


UNSEEN = [
    ("def f(x): return getattr(f, x)", "getattr(f, x) in main.f"),
    ("def f(x): return eval(x)", "eval() in main.f"),
    ("def f(x): return globals()[x]", "globals() in main.f"),
    ("import importlib\ndef f(x): return importlib.import_module(x)", "importlib.import_module(x) in main.f"),
    ("import main\ndef f(x): return x(main)", "module main as a value in main.f"),
    ("class A:\n    def g(self, x): return eval(x)\ndef f(): return A()", "eval() in main.A"),
    ("import threading\nLOCK = threading.Lock()\ndef f(): return LOCK", "the value of main.LOCK (_thread.lock)"),
    ("def f():\n    import broken\n", "module broken, which cannot be imported (ZeroDivisionError) in main.f"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "said"), UNSEEN, ids=[said for _, said in UNSEEN])
def test_what_is_out_of_sight_is_said(tmp_path: Path, source: str, said: str) -> None:
    assert recipe(tmp_path, main=source, broken="1 / 0").unseen == (said,)


LOGGERS = [
    "import logging\nLOG = logging.getLogger('a')\ndef f(): LOG.info('x')\n",
    "from logging import getLogger as get\nLOG = get()\ndef f(log=LOG): log.info('x')\n",
    "import logging\nLOG = logging.LoggerAdapter(logging.getLogger('a'), {})\ndef f(): LOG.info('x')\n",
    "import logging\nclass A:\n    log = logging.getLogger('a')\ndef f(): A.log.info('x')\n",
    "import tidemill\nLOG = tidemill.get_dagster_logger('a')\ndef f(): LOG.info('x')\n",
]


@pytest.mark.parametrize("source", LOGGERS)
def test_loggers_are_no_data(tmp_path: Path, source: str) -> None:
    assert recipe(tmp_path, main=source).unseen == ()


def test_a_logger_of_another_name_changes_nothing(tmp_path: Path) -> None:
    assert changed(tmp_path, {"main": LOGGERS[0]}, {"main": LOGGERS[0].replace("'a'", "'b'")}) == []


TREE = """
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple
from pydantic import BaseModel
class Tree:
    depth = 3
    names: tuple[str, ...] = ("a",)
    width = height = 60 * 60
    api_key = "one and only"
    def fit(self): return self.depth
@dataclass
class Row:
    low: float = 0.5
class Limits(BaseModel):
    least: int = 1
class Colour(Enum):
    RED = "r"
def f(): return Tree(), Row(), Limits(), Colour.RED
"""
EDITS = [
    (("depth = 3", "depth = 4"), ["main.py: Tree.depth 3 → 4"]),
    (('("a",)', '("a", "b")'), ["main.py: Tree.names ('a',) → ('a', 'b')"]),
    (("60 * 60", "60 * 24"), [f"main.py: Tree.{name} 60 * 60 → 60 * 24" for name in ("width", "height")]),
    (('"one and only"', '"another"'), ["main.py: Tree.api_key changed"]),
    (("low: float = 0.5", "low: float = 1.5"), ["main.py: Row.low 0.5 → 1.5"]),
    (("least: int = 1", "least: int = 2"), ["main.py: Limits.least 1 → 2"]),
    (('RED = "r"', 'RED = "red"'), ["main.py: Colour.RED 'r' → 'red'"]),
    (("depth = 3", "depth = 3\n    more = 1"), ["main.py: Tree changed"]),
    (("class Tree:\n    depth = 3", "class Tree(dict):\n    depth = 4"),
     ["main.py: Tree.depth 3 → 4", "main.py: Tree changed"]),
    (("@dataclass\nclass Row:\n    low: float = 0.5", "@dataclass(order=True)\nclass Row:\n    low: float = 1.5"),
     ["main.py: Row.low 0.5 → 1.5", "main.py: Row changed"]),
    (("    depth = 3\n", ""), ["main.py: Tree changed"]),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "told"), EDITS, ids=[" ".join(told) for _, told in EDITS])
def test_attributes_of_a_class_are_told_with_their_values(
    tmp_path: Path, edit: tuple[str, str], told: list[str]
) -> None:
    assert edit[0] in TREE
    assert changed(tmp_path, {"main": TREE}, {"main": TREE.replace(*edit)}) == told


def test_a_recipe_of_before_attributes_were_told(tmp_path: Path) -> None:
    old, new = recipe(tmp_path, main=TREE), recipe(tmp_path, main=TREE.replace("depth = 3", "depth = 4"))
    before = [part._replace(inside=()) for part in old.parts]
    assert [str(change) for change in difference(before, new.parts)] == ["main.py: Tree changed"]


def test_a_literal_getattr_and_import_module_are_followed(tmp_path: Path) -> None:
    main = (
        "import importlib, helpers\n"
        "def f(x): return getattr(helpers, 'clean')(x), importlib.import_module('helpers').late\n"
    )
    found = recipe(tmp_path, main=main, helpers="def clean(x): return x\n")
    assert [part.name for part in found.parts] == ["f", "clean"]
    assert found.unseen == ("module helpers as a value in main.f",)


def test_a_value_without_text_counts_by_the_statement_that_makes_it(tmp_path: Path) -> None:
    main = "import threading\nN = 1\nGATE = threading.Semaphore(N)\ndef f(): return GATE\n"
    assert changed(tmp_path, {"main": main}, {"main": main.replace("N = 1", "N = 2")}) == ["main.py: N 1 → 2"]
    assert changed(tmp_path, {"main": main}, {"main": main.replace("(N)", "(N + 1)")}) == [
        "main.py: GATE changed"
    ]


def test_constants_that_may_be_others_tomorrow_are_named(tmp_path: Path) -> None:
    main = """
import os
from datetime import date, timedelta
from pathlib import Path
TODAY = date.today()
SINCE = TODAY - timedelta(days=7)
FIRST = date(2024, 5, 1)
PLACE = Path("data") / "x"
WORDS = "a b".split()
NUMBER = int(os.environ.get("NUMBER", 3))
HOME = os.environ["HOME"]
def f(): return TODAY, SINCE, FIRST, PLACE, WORDS, NUMBER, HOME
"""
    assert recipe(tmp_path, main=main).computed == ("main.HOME", "main.NUMBER", "main.SINCE", "main.TODAY")


def test_what_one_asset_calls_another_with(tmp_path: Path) -> None:
    main = "from tidemill import asset\n@asset\ndef g(): return 1\n@asset\ndef f(): return g()\n"
    assert changed(tmp_path, {"main": main}, {"main": main.replace("return 1", "return 2")}) == [
        "main.py: g() changed"
    ]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("x = 1\ndef f(): return x", "x = 2\ndef f(): return x", ["x 1 → 2"]),
        ("def g(): return 1\ndef f(): return g()", "def f(): return 1", ["f() changed", "g() is no longer used"]),
        ("def f(): return 1", "def g(): return 1\ndef f(): return g()", ["f() changed", "g() is new here"]),
        ("def f(n=1): return n", "def f(n=2): return n", ["f(n) 1 → 2"]),
        ("import sys\ndef f(n=sys): return n", "import os as sys\ndef f(n=sys): return n",
         ["f(n) <module sys> → <module os>"]),
        ("f = lambda: 1", "f = lambda: 2", ["f() changed"]),
        ("f, g = lambda: 1, lambda: 2", "f, g = lambda: 1, lambda: 3", []),
        ("g, f = lambda: 1, lambda: 2", "g, f = lambda: 1, lambda: 3", ["<lambda>() changed"]),
        ("fs = [lambda: 1, lambda: 2]\ndef f(): return fs[1]", "fs = [lambda: 1, lambda: 3]\ndef f(): return fs[1]",
         ["<lambda>() changed"]),
        ("class A:\n    def g(self): return 1\ndef f(): return A().g()",
         "class A:\n    def g(self): return 2\ndef f(): return A().g()", ["A.g() changed"]),
        ("class A:\n    n: int = 1\ndef f(): return A", "class A:\n    n: float = 1\ndef f(): return A", []),
        ("class A:\n    n: int = 1\ndef f(): return A", "class A:\n    n = 1\ndef f(): return A", []),
        ("from pydantic import BaseModel\nclass A(BaseModel):\n    n: int = 1\ndef f(): return A",
         "from pydantic import BaseModel\nclass A(BaseModel):\n    n: float = 1\ndef f(): return A", ["A changed"]),
        ("class A:\n    n = len('a')\ndef f(): return A", "class A:\n    n = len('aa')\ndef f(): return A",
         ["A changed", "A.n 1 → 2"]),
        ("class M(type):\n    n = 1\nclass A(metaclass=M): ...\ndef f(): return A",
         "class M(type):\n    n = 2\nclass A(metaclass=M): ...\ndef f(): return A", ["M.n 1 → 2"]),
        ("class A: ...\ndef g(self): return 1\nA.g = g\ndef f(): return A",
         "class A: ...\ndef g(self): return 2\nA.g = g\ndef f(): return A", ["g() changed"]),
        ("class A:\n    def g(self, n=len('a')): ...\ndef f(): return A",
         "class A:\n    def g(self, n=len('aa')): ...\ndef f(): return A", ["A.g() changed", "A.g(n) 1 → 2"]),
        ("from collections import namedtuple\nA = namedtuple('A', 'x y')\ndef f(): return A(1, 2)",
         "from collections import namedtuple\nA = namedtuple('A', 'y x')\ndef f(): return A(1, 2)",
         ["A (('x', 'y'), {}) → (('y', 'x'), {})"]),
        ("class D:\n    def __init__(self, fn): self.fn = fn\n@D\ndef g(): return 1\ndef f(): return g()",
         "class D:\n    def __init__(self, fn): self.fn = fn\n@D\ndef g(): return 2\ndef f(): return g()",
         ["g() changed"]),
        ("import contextlib\n@contextlib.contextmanager\ndef g(): yield 1\ndef f(): return g()",
         "import contextlib\n@contextlib.contextmanager\ndef g(): yield 2\ndef f(): return g()", ["g() changed"]),
        ("import functools\nclass A:\n    @functools.cached_property\n    def g(self): return 1\ndef f(): return A",
         "import functools\nclass A:\n    @functools.cached_property\n    def g(self): return 2\ndef f(): return A",
         ["A.g() changed"]),
        ("def f():\n    def g(): return 1\n    return g", "def f():\n    def g(): return 2\n    return g",
         ["f() changed"]),
        ("def d(fn):\n    def g(): return fn()\n    return g\n@d\ndef f(): return 1",
         "def d(fn):\n    def g(): return fn()\n    return g\n@d\ndef f(): return 2", ["f() changed"]),
        ("N = 1\ndef f(n=N): return n", "N = 2\ndef f(n=N): return n", ["f(n) 1 → 2"]),
        ("N = 1\nM = N + 1\ndef f(): return M", "N = 2\nM = N + 1\ndef f(): return M", ["M 2 → 3"]),
        ("N = 1\nif N:\n    def f(): return 1\nelse:\n    def f(): return 2",
         "N = 0\nif N:\n    def f(): return 1\nelse:\n    def f(): return 2", ["f() changed"]),
        ("TABLE = {'a': 1, 'b': 2}\ndef f(): return TABLE", "TABLE = {'b': 2, 'a': 1}\ndef f(): return TABLE",
         ["TABLE {'a': 1, 'b': 2} → {'b': 2, 'a': 1}"]),
    ],
)  # fmt: skip
def test_what_is_said_of_a_change(tmp_path: Path, before: str, after: str, said: list[str]) -> None:
    told = changed(tmp_path, {"main": before}, {"main": after})
    assert told == [f"main.py: {each}" for each in said]


def test_a_definition_may_move_to_another_file(tmp_path: Path) -> None:
    one = {
        "main": "from helpers import clean\ndef f(): return clean()\n",
        "helpers": "def clean(): return 1\n",
    }
    other = {"main": "from other import clean\ndef f(): return clean()\n", "other": "def clean(): return 1\n"}
    assert changed(tmp_path, one, other) == []


def test_names_bound_otherwise_than_by_import_are_found(tmp_path: Path) -> None:
    files = {
        "main": "try:\n    from helpers import clean\nexcept ImportError:\n    clean = None\ndef f(): return clean()\n",
        "helpers": "from more import *\n",
        "more": "def clean(): return 1\n",
    }
    after = {**files, "more": "def clean(): return 2\n"}
    assert changed(tmp_path, files, after) == ["more.py: clean() changed"]


def test_deep_chains_need_no_deep_stack(tmp_path: Path) -> None:
    count = 3 * sys.getrecursionlimit()
    source = "".join(f"def f{n}(): return f{n + 1}()\n" for n in range(count)) + f"def f{count}(): return 1\n"
    assert len(recipe(tmp_path, "main:f0", main=source).parts) == count + 1


def test_long_expressions_need_no_deep_stack(tmp_path: Path) -> None:
    terms = " + ".join(["x"] * 1500)
    branches = "".join(f"    elif x == {n}: return {n}\n" for n in range(500))
    source = f"def f(x):\n    if x: return {terms}\n{branches}"
    assert recipe(tmp_path, main=source).unseen == ()


def test_libraries_by_version(tmp_path: Path) -> None:
    site = tmp_path / "site-packages"
    files = {
        "site-packages/plainlib/__init__.py": "def load(): ...\n",
        "site-packages/oddname.py": "def load(): ...\n",
        "site-packages/unused.py": "",
        "main.py": "import json, unused, plainlib\n"
        "def f():\n    import oddname\n    return json, plainlib.load(), oddname.load()\n",
    }
    for name, record in (
        ("plainlib-1.2.3", "plainlib/__init__.py,,"),
        ("Odd_Distribution-4.5.6.post1", "oddname.py,,"),
        ("unused-1.0", "unused.py,,"),
    ):
        (site / f"{name}.dist-info").mkdir(parents=True)
        (site / f"{name}.dist-info" / "RECORD").write_text(record)
    sys.path.insert(0, str(site))
    try:
        found = recipe_of(tmp_path, files, "main:f")
        (site / "plainlib-1.2.3.dist-info").rename(site / "plainlib-1.3.0.dist-info")
        bumped = recipe_of(tmp_path, files, "main:f")
        with imported(tmp_path, "main") as module:
            exact = Fingerprints(root=tmp_path, library_versions="exact").recipe(module.f)
            off = Fingerprints(root=tmp_path, library_versions="off").recipe(module.f)
    finally:
        sys.path.remove(str(site))
    assert found.libraries == {"odd-distribution": "4.5", "plainlib": "1.2"}
    assert bumped.libraries == {"odd-distribution": "4.5", "plainlib": "1.3"}
    assert exact.libraries == {"odd-distribution": "4.5.6.post1", "plainlib": "1.3.0"}
    assert off.libraries == {}
    assert {found.fingerprint, bumped.fingerprint, exact.fingerprint, off.fingerprint} == {found.fingerprint}


def test_a_library_whose_name_is_not_that_of_its_distribution(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    found = recipe(tmp_path, main="from sklearn.linear_model import Ridge\ndef f(): return Ridge()\n")
    assert list(found.libraries) == ["scikit-learn"]


# What is declared


def test_a_code_version_stands_for_everything(tmp_path: Path) -> None:
    one = recipe_of(tmp_path, {"main.py": "def f(): return 1"}, "main:f", code_version="7")
    two = recipe_of(
        tmp_path, {"main.py": "import pandas\ndef f(): return pandas"}, "main:f", code_version="7"
    )
    three = recipe_of(tmp_path, {"main.py": "def f(): return 1"}, "main:f", code_version="8")
    assert one == two
    assert [str(change) for change in difference(one.parts, three.parts)] == ["code_version 7 → 8"]
    assert one.fingerprint != three.fingerprint


def test_files_that_are_read_count_by_content(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text("1")

    def found() -> Recipe:
        return recipe_of(
            tmp_path, {"main.py": "def f(): ..."}, "main:f", reads=["words.txt", tmp_path / "data"]
        )

    missing = found()
    assert missing.unseen == ("words.txt, which does not exist",)
    (tmp_path / "words.txt").write_text("a")
    first = found()
    assert first.unseen == ()
    assert first == found()
    (tmp_path / "words.txt").write_text("b")
    (tmp_path / "data" / "b.csv").write_text("2")
    assert [str(each) for each in difference(first.parts, found().parts)] == [
        "words.txt changed",
        "data 1 files → 2 files",
    ]
    assert len({missing.fingerprint, first.fingerprint, found().fingerprint}) == 3


def test_code_that_is_depended_on_counts(tmp_path: Path) -> None:
    files = {"main.py": "def f(): ...", "helpers.py": "N = 1\ndef clean(): return N\nclass A: ...\n"}

    def found(edited: dict[str, str]) -> list[Recipe]:
        write(tmp_path, edited)
        with imported(tmp_path, "main") as main, imported(tmp_path, "helpers") as helpers:
            fingerprints = Fingerprints(root=tmp_path)
            declared: list[list[Any]] = [[], [helpers.clean], [helpers.A], [helpers], [os]]
            recipes = [fingerprints.recipe(main.f, depends_on_code=each) for each in declared]
            return [each._replace(parts=tuple(each.parts)) for each in recipes]

    before, after = (
        found(files),
        found({**files, "helpers.py": files["helpers.py"].replace("N = 1", "N = 2")}),
    )
    same = [old.fingerprint == new.fingerprint for old, new in zip(before, after, strict=True)]
    assert same == [True, False, True, False, True]
    assert [part.name for part in before[3].parts] == ["f", "N", "clean", "A"]


# What is fingerprinted


def test_anything_callable_has_a_recipe(tmp_path: Path) -> None:
    source = """
import functools, json
def g(x, y=1): return x
class Call:
    def __init__(self, n): self.n = n
    def __call__(self): return self.n
    def method(self): return self.n
partial = functools.partial(g, y=2)
instance = Call(3)
bound = Call(4).method
library = json.dumps
"""
    write(tmp_path, {"main.py": source})
    with imported(tmp_path, "main") as main:
        fingerprints = Fingerprints(root=tmp_path)
        names = ["g", "Call", "partial", "instance", "bound", "library"]
        recipes = {name: fingerprints.recipe(getattr(main, name)) for name in names}
        assert {name: [part.name for part in found.parts] for name, found in recipes.items()} == {
            "g": ["g", "g(y)"],
            "Call": ["Call", "Call.__call__", "Call.__init__", "Call.method"],
            "partial": ["partial", "g", "g(y)"],
            "instance": ["Call", "Call", "Call.__call__", "Call.__init__", "Call.method"],
            "bound": ["Call.method", "Call.method", "Call", "Call.__call__", "Call.__init__", "Call.method"],
            "library": ["dumps"],
        }
        assert fingerprints.recipe(len).unseen == ()


def executed(source: str, name: str) -> Any:
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source, name, "exec"), names)  # noqa: S102  (ours)
    return names["f"]


def test_a_cell_of_a_notebook_is_read(tmp_path: Path) -> None:
    source = "N = 1\ndef g(): return N\ndef f(): return g()\n"
    linecache.cache["<cell 1>"] = (len(source), None, source.splitlines(keepends=True), "<cell 1>")
    try:
        found = Fingerprints(root=tmp_path).recipe(executed(source, "<cell 1>"))
        assert [(part.where, part.name) for part in found.parts] == [
            ("__main__", name) for name in ("f", "g", "N")
        ]
        assert found.unseen == ()
    finally:
        del linecache.cache["<cell 1>"]


def test_code_without_source_is_compared_compiled(tmp_path: Path) -> None:
    def found(source: str) -> Recipe:
        return Fingerprints(root=tmp_path).recipe(executed(source, "<nowhere>"))

    one = found("N = 1\ndef f(): return N\n")
    assert one.unseen == ("the source of __main__.f, whose compiled code is compared",)
    assert [part.name for part in one.parts] == ["f", "N"]
    assert one.fingerprint == found("\nN = 1\ndef f():\n    'Doc.'\n    return N\n").fingerprint
    assert one.fingerprint != found("N = 1\ndef f(): return -N\n").fingerprint
    assert one.fingerprint != found("N = 2\ndef f(): return N\n").fingerprint


def test_a_function_of_a_library_with_one_of_the_user_inside(tmp_path: Path) -> None:
    source = "import functools, contextlib\n@contextlib.contextmanager\ndef f(): yield 1\n"
    assert [part.name for part in recipe(tmp_path, main=source).parts] == ["f"]


PINNED = {"train": "5ab040ef27398600bf96d2cb7110b423", "plain": "88b932ffb4e3a06ad92a82fa83c76fd5"}


def test_fingerprints_are_the_same_in_every_process(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": STEADY})
    code = (
        f"import sys; sys.path[:0] = {[str(tmp_path), str(Path(__file__).parents[2] / 'src')]!r}\n"
        "import main, pathlib\n"
        "from tidemill.code.fingerprint import Fingerprints\n"
        f"fingerprints = Fingerprints(root=pathlib.Path({str(tmp_path)!r}))\n"
        "print({name: fingerprints.recipe(getattr(main, name)).fingerprint for name in ('train', 'plain')})"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip()
        for seed in ("1", "2", "3")
    }
    assert said == {repr(PINNED)}


STEADY = """
import functools
from dataclasses import dataclass
from pathlib import Path
WORDS = {"b", "a", "c"}
HERE = Path(__file__).parent
def deco(n):
    def outer(fn):
        @functools.wraps(fn)
        def inner(*args): return fn(*args) * n
        return inner
    return outer
@dataclass
class Options:
    depth: int = 3
    names: frozenset = frozenset({"x", "y"})
OPTIONS = Options(4)
def even(n): return n == 0 or odd(n - 1)
def odd(n): return n != 0 and even(n - 1)
TABLE = {"even": even, "both": [even, odd]}
@deco(2)
def plain(x): return f"{x!r:>3} {len(WORDS)}" + 'é'
def train(x, depth=3, *, by=WORDS):
    return plain(x), OPTIONS, TABLE[x], HERE, [lambda y: y + depth for _ in by]
"""
