"""What is kept between processes is only ever a short cut: every answer is the one that a first look gives."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from user_code import imported, recipe_of, write

from tidemill.code.cache import MAGIC
from tidemill.code.fingerprint import Fingerprints
from tidemill.code.recipes import Recipe
from tidemill.code.sources import EDITED

SOURCE = Path(__file__).parents[2] / "src"
MAIN = """\
import os
from helpers import clean, LIMIT
import settings
DEPTH = int(os.environ.get("DEPTH", 3))
def f(x): return clean(x), LIMIT, settings.RATE
def g(x): return clean(x), DEPTH
def h(x):
    import late
    return late.other(x)
"""
FILES = {
    "main.py": MAIN,
    "helpers.py": "LIMIT = 1\ndef clean(x): return x\ndef fast(x): return -x\n",
    "settings.py": "RATE = 0.5\n",
    "late.py": "def other(x): return x\n",
}


def answers(folder: Path, files: Mapping[str, str], cache: Path | None) -> dict[str, Recipe]:
    write(folder, files)
    with imported(folder, "main") as main:
        fingerprints = Fingerprints(root=folder, cache=cache)
        recipes = {name: fingerprints.recipe(getattr(main, name)) for name in ("f", "g", "h")}
        found = {name: each._replace(parts=tuple(each.parts)) for name, each in recipes.items()}
        fingerprints.save()
    return found


def agree(folder: Path, files: Mapping[str, str], cache: Path) -> dict[str, Recipe]:
    """The answers with the cache, which must be those without."""
    found = answers(folder, files, cache)
    assert found == answers(folder, files, None)
    return found


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "fingerprints"


CHILD = """
import pathlib, sys
sys.path[:0] = {path!r}
import main
from tidemill.code.fingerprint import Fingerprints
from tidemill.code.memory import Memory
asked = []
restore = Memory.restore
Memory.restore = lambda self: (asked.append("graph"), restore(self))
fingerprints = Fingerprints(root=pathlib.Path({root!r}), cache=pathlib.Path({cache!r}))
prints = [fingerprints.recipe(fn).fingerprint for fn in (main.f, main.g)]
walked = len(asked)
fingerprints.save()
print(walked, *prints)
"""


def test_nothing_is_walked_or_written_where_nothing_changed(tmp_path: Path, cache: Path) -> None:
    def ask() -> tuple[str, list[str]]:
        done = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True, check=True)
        walked, *prints = done.stdout.split()
        return walked, prints

    # In a process of its own: here, all tests that are loaded are the user's code.
    code = CHILD.format(path=[str(tmp_path), str(SOURCE)], root=str(tmp_path), cache=str(cache))
    write(tmp_path, FILES)
    first, prints = ask()
    before = cache.stat().st_ino
    assert (int(first) > 0, ask()) == (True, ("0", prints))
    assert cache.stat().st_ino == before
    assert [path.name for path in cache.parent.iterdir()] == ["fingerprints"]
    (tmp_path / "settings.py").write_text("RATE = 0.6\n")
    assert ask()[1] != prints
    assert cache.stat().st_ino != before


def test_a_constant_from_the_environment_is_asked_again(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = agree(tmp_path, FILES, cache)
    monkeypatch.setenv("DEPTH", "4")
    after = agree(tmp_path, FILES, cache)
    assert before["f"] == after["f"]
    assert before["g"].fingerprint != after["g"].fingerprint


@pytest.mark.parametrize(
    "reaching",
    [
        "import settings\nsettings.RATE @ 0.7\n",
        "import helpers\nhelpers.clean @ helpers.fast\n",
        "import helpers\nset@attr(helpers, 'clean', helpers.fast)\n",
        "import helpers\nname = 'clean'\nset@attr(helpers, name, helpers.fast)\n",
        "import helpers\nva@rs(helpers)['clean'] = helpers.fast\n",
        "import helpers\ndef patch(module): module.clean @ helpers.fast\npatch(helpers)\n",
    ],
)
def test_a_file_that_reaches_into_another_is_seen(tmp_path: Path, cache: Path, reaching: str) -> None:
    files = {**FILES, "main.py": "import patching\n" + MAIN.replace("from helpers import clean, LIMIT", "import helpers"
        "\nfrom helpers import LIMIT").replace("clean(x)", "helpers.clean(x)"), "patching.py": "N = 1\n"}  # fmt: skip
    before = agree(tmp_path, files, cache)
    reaching = reaching.replace(" @ ", " = ").replace(
        "@", ""
    )  # this file is the user's code too, and is searched
    after = agree(tmp_path, {**files, "patching.py": reaching}, cache)
    assert before["f"].fingerprint != after["f"].fingerprint
    again = agree(tmp_path, {**files, "patching.py": reaching}, cache)
    assert again == after
    assert agree(tmp_path, files, cache) == before


def test_a_file_that_reaches_by_the_environment_is_seen(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patching = "import os, helpers\nif os.environ.get('FAST'):\n    helpers.clean @ helpers.fast\n".replace(
        "@", "="
    )
    files = {**FILES, "main.py": "import patching\n" + MAIN, "patching.py": patching}
    before = agree(tmp_path, files, cache)
    monkeypatch.setenv("FAST", "1")
    after = agree(tmp_path, files, cache)
    assert before["f"].fingerprint != after["f"].fingerprint
    monkeypatch.delenv("FAST")
    assert agree(tmp_path, files, cache) == before


def test_a_definition_that_the_environment_chooses_is_asked_again(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helpers = """
import os
LIMIT = 1
if os.environ.get("FAST"):
    def clean(x): return x
else:
    def clean(x): return -x
"""
    files = {**FILES, "helpers.py": helpers}
    before = agree(tmp_path, files, cache)
    monkeypatch.setenv("FAST", "1")
    assert agree(tmp_path, files, cache)["f"].fingerprint != before["f"].fingerprint


def test_a_decorator_that_the_environment_changes_is_asked_again(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helpers = """
import os
LIMIT = 1
def scaled(fn):
    factor = int(os.environ.get("FACTOR", 1))
    def wrapper(x): return fn(x) * factor
    return wrapper
@scaled
def clean(x): return clean(x - 1) if x else x
"""
    files = {**FILES, "helpers.py": helpers}
    before = agree(tmp_path, files, cache)
    monkeypatch.setenv("FACTOR", "2")
    assert agree(tmp_path, files, cache)["f"].fingerprint != before["f"].fingerprint


@pytest.mark.parametrize("where", ["start", "head", "middle", "end", "nothing", "short"])
def test_a_damaged_cache_is_as_good_as_none(tmp_path: Path, cache: Path, where: str) -> None:
    good = agree(tmp_path, FILES, cache)
    content = bytearray(cache.read_bytes())
    place = {"start": 2, "head": len(MAGIC) + 50, "middle": len(content) // 2, "end": len(content) - 3}.get(
        where
    )
    if place is not None:
        content[place] ^= 0xFF
    cache.write_bytes(b"" if where == "nothing" else content[:40] if where == "short" else content)
    edited = {**FILES, "helpers.py": FILES["helpers.py"].replace("return x", "return x + 1")}
    assert answers(tmp_path, edited, cache)["f"] != good["f"]
    agree(tmp_path, FILES, cache)


@pytest.mark.parametrize("other", ["version", "root", "precision"])
def test_a_foreign_cache_is_rewritten(
    tmp_path: Path, cache: Path, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(tmp_path, FILES, cache)
    before = cache.read_bytes()
    if other == "version":
        monkeypatch.setattr("sys.version", "3.99")
    with imported(tmp_path, "main") as main:
        fingerprints = Fingerprints(
            root=tmp_path.parent if other == "root" else tmp_path,
            cache=cache,
            library_versions="exact" if other == "precision" else "minor",
        )
        fingerprints.recipe(main.f)
        fingerprints.save()
    assert cache.read_bytes() != before


PIECES = {
    "a.py": ["import b\nN = {0}\ndef one(x): return b.two(x) + N\ndef three(x): return {0}\n",
             "from b import two\nN = {0}\ndef three(x): return two\ndef one(x): return two(x), N\n",
             "import c\none = c.make({0})\nthree = two = c.K\n"],
    "b.py": ["import a, c\ndef two(x): return a.three(x) * c.K * {0}\n",
             "import c\nclass two(c.Base):\n    n = {0}\n    def run(self): return c.make\n",
             "def two(x, y={0}): return y\n"],
    "c.py": ["K = {0}\nclass Base:\n    def run(self): return K\ndef make(n): return lambda x: x + n\n",
             "import functools\nK = [{0}, len]\nclass Base: ...\n@functools.lru_cache\ndef make(n): return K\n",
             "class Base:\n    k = {0}\nK = Base()\ndef make(n):\n    def g(x): return g, n\n    return g\n"],
}  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_any_history_of_edits_gives_the_answers_of_a_first_look(
    tmp_path: Path, cache: Path, seed: int
) -> None:
    rolled = random.Random(seed)
    main = (
        "import a, b, c\ndef f(x): return a.one(x)\n"
        "def g(x): return b.two, a.three\ndef h(x): return c.make(x), c.K\n"
    )
    files = {"main.py": main, **{name: forms[0].format(1) for name, forms in PIECES.items()}}
    for _ in range(12):
        name = rolled.choice(sorted(PIECES))
        files[name] = rolled.choice(PIECES[name]).format(rolled.randrange(3))
        agree(tmp_path, files, cache)


def test_a_file_that_is_edited_while_it_is_read_is_looked_at_again(tmp_path: Path, cache: Path) -> None:
    write(tmp_path, FILES)
    helpers = tmp_path / "helpers.py"
    edited = {**FILES, "helpers.py": FILES["helpers.py"].replace("return x", "return x + 1")}
    with imported(tmp_path, "main") as main:
        for names in ("f", "fg"):
            fingerprints = Fingerprints(root=tmp_path, cache=cache)
            for name in names:
                fingerprints.recipe(getattr(main, name))
                helpers.write_text(edited["helpers.py"] if names == "fg" else FILES["helpers.py"])
            fingerprints.save()
    assert EDITED.encode() in cache.read_bytes()
    agree(tmp_path, edited, cache)


def test_a_function_asked_for_later_is_kept_too(tmp_path: Path, cache: Path) -> None:
    write(tmp_path, FILES)
    with imported(tmp_path, "main") as main:
        first = Fingerprints(root=tmp_path, cache=cache)
        first.recipe(main.f)
        first.save()
        second = Fingerprints(root=tmp_path, cache=cache)
        asked = second.recipe(main.g)
        second.save()
        size = cache.stat().st_size
        third = Fingerprints(root=tmp_path, cache=cache)
        assert third.recipe(main.g) == asked
        third.save()
    assert cache.stat().st_size == size


def test_one_recipe_more_costs_no_file(tmp_path: Path) -> None:
    found = recipe_of(tmp_path, FILES, "main:f")
    assert found.files == tuple(str(tmp_path / name) for name in ("helpers.py", "main.py", "settings.py"))
