"""What importing the user's code does: threads that it starts itself, seeds that it sets."""

from __future__ import annotations

import builtins
import json
import random
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

from tidemill.code.imports import watched

THREAD = "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"

SCRIPT = """
import json, os, sys
sys.path[:0] = sys.argv[2:]
from tidemill.core.records import CodeRef
from tidemill.code.loading import load_definitions
kind, _, target = sys.argv[1].partition(":")
seen = load_definitions(CodeRef(kind, target)).imports
print(json.dumps([list(seen.threads), seen.seeds]))
sys.stdout.flush()
os._exit(0)
"""


@pytest.fixture
def seen(tmp_path: Path):
    """Import `p.py` of a folder with these files, in a process of its own; what was seen."""

    def look(files: dict[str, str], code: str = "file:p.py", library: dict[str, str] | None = None):
        for folder, sources in ((tmp_path, files), (tmp_path / "site-packages", library or {})):
            for name, source in sources.items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(source)
        words = [sys.executable, "-c", SCRIPT, code, str(tmp_path / "site-packages"), str(tmp_path)]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        threads, seeds = json.loads(done.stdout.splitlines()[-1])
        return threads, seeds

    return look


def test_code_that_does_nothing(seen) -> None:
    assert seen({"p.py": "import json\nimport random\nrandom.random()\n"}) == ([], False)


def test_a_thread_of_its_own_statement(seen) -> None:
    assert seen({"p.py": THREAD}) == (["p"], False)


def test_a_thread_that_a_library_starts_when_it_is_imported(seen) -> None:
    assert seen({"p.py": "import lib\n"}, library={"lib.py": THREAD}) == ([], False)
    nested = {"lib/__init__.py": "from lib import inner\n", "lib/inner.py": THREAD}
    assert seen({"p.py": "def f():\n    from lib import inner\nf()\n"}, library=nested) == ([], False)


def test_a_library_that_is_used(seen) -> None:
    library = {"lib.py": f"def use():\n    {THREAD.replace(chr(10), chr(10) + '    ').rstrip()}\n"}
    assert seen({"p.py": "import lib\nlib.use()\n"}, library=library) == (["p"], False)


def test_a_library_that_imports_another_late(seen) -> None:
    library = {"lib.py": "def use():\n    import other\n", "other.py": THREAD}
    assert seen({"p.py": "import lib\nlib.use()\n"}, library=library) == ([], False)


def test_a_helper_of_the_users_is_named(seen) -> None:
    assert seen({"p.py": "import helper\n", "helper.py": THREAD}) == (["helper"], False)
    library = {"lib.py": THREAD}
    assert seen({"p.py": "import helper\n", "helper.py": "import lib\n"}, library=library) == ([], False)


def test_a_helper_and_the_module_itself(seen) -> None:
    assert seen({"p.py": "import helper\n" + THREAD, "helper.py": THREAD}) == (["helper", "p"], False)


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("from . import helper", "mine.helper"),
        ("from .helper import time", "mine.helper"),
        ("from mine import helper", "mine.helper"),
        ("import mine.helper", "mine.helper"),
        ("from .inner import deep", "mine.inner.deep"),
        ("from .inner.deep import x", "mine.inner.deep"),
    ],
)
def test_a_helper_in_the_users_package(seen, statement: str, named: str) -> None:
    files = {
        "mine/__init__.py": "",
        "mine/p.py": statement,
        "mine/helper.py": THREAD,
        "mine/inner/__init__.py": "",
        "mine/inner/deep.py": "from .. import deeper\nx = 1\n",
        "mine/deeper.py": THREAD,
    }
    threads, _ = seen(files, "module:mine.p")
    assert threads == ([named] if "inner" not in statement else ["mine.deeper"])


def test_a_helper_in_a_folder_that_is_no_package(seen) -> None:
    assert seen({"p.py": "from jobs import train\n", "jobs/train.py": THREAD}) == (["jobs.train"], False)


@pytest.mark.parametrize(
    "statement",
    [
        "import random; random.seed(1)",
        "from random import seed; seed('x')",
        "import numpy; numpy.random.seed(1)",
        "import numpy as np; np.random.seed(seed=1)",
        "from numpy.random import seed; seed(1)",
        "import helper",
    ],
)
def test_a_seed_is_noted(seen, statement: str) -> None:
    assert seen({"p.py": statement, "helper.py": "import random; random.seed(2)"}) == ([], True)


@pytest.mark.parametrize(
    "statement",
    [
        "import random; random.seed()",
        "import random; random.seed(None)",
        "import numpy; numpy.random.default_rng(1).random()",
        "import random; random.Random(1).random()",
    ],
)
def test_what_makes_random_is_no_seed(seen, statement: str) -> None:
    assert seen({"p.py": statement}) == ([], False)


def test_afterwards_everything_is_as_it_was() -> None:
    load, seed, numpy_seed = builtins.__import__, random.seed, numpy.random.seed
    with pytest.raises(ZeroDivisionError), watched("p"):  # noqa: PT012
        assert builtins.__import__ is not load
        assert random.seed is not seed
        1 / 0  # noqa: B018
    assert (builtins.__import__, random.seed, numpy.random.seed) == (load, seed, numpy_seed)
