"""A refresh with nothing to do does not import the user's code; whatever its import depended on makes it do so."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import environment, tidemill, write
from warm_command import Warm

# Each import of the module leaves a mark: a file that is written is nothing that the import depends on.
MARK = 'with open("imports.log", "a") as file:\n    file.write(".")\n'
HEAD = "import os\nfrom pathlib import Path\nfrom tidemill import asset\n" + MARK
TAIL = "\n@asset\ndef number():\n    return 1\n"


@pytest.fixture(scope="module")
def warm() -> Iterator[Warm]:
    server = Warm()
    yield server
    server.close()


class User:
    """A project in a folder, and how often its module was imported."""

    def __init__(self, warm: Warm, folder: Path) -> None:
        self.warm = warm
        self.folder = folder
        self.variables: dict[str, str | None] = {}

    def refresh(self) -> int:
        """Refresh; how often that imported the module."""
        before = self.imports
        done = self.warm.run(self.folder, "refresh", "-f", "pipeline.py", "--in-process", **self.variables)
        assert done.code == 0, done
        return self.imports - before

    @property
    def imports(self) -> int:
        path = self.folder / "imports.log"
        return len(path.read_text()) if path.exists() else 0

    def settle(self) -> None:
        """Until nothing is left to do, and the import is known."""
        self.refresh()
        self.refresh()


@pytest.fixture
def user(warm: Warm, tmp_path: Path) -> User:
    return User(warm, tmp_path)


def settled(user: User, middle: str = "", **files: str) -> User:
    for name, text in files.items():
        write(user.folder, name.replace("__", "."), text)
    write(user.folder, "pipeline.py", HEAD + middle + TAIL)
    user.settle()
    assert user.refresh() == 0
    return user


# What is loaded


def modules_of(folder: Path, *words: str) -> tuple[set[str], str]:
    """The modules that a command has loaded when it ends, and what it printed."""
    code = (
        "import sys, json\n"
        "from tidemill.cli.main import main\n"
        f"code = main({list(words)!r})\n"
        "sys.stdout.flush()\n"
        "sys.stderr.write(json.dumps(sorted(sys.modules)))\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(json.loads(done.stderr)), done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("refresh",), "the asset is up to date"),
        (("refresh", "--dry-run"), "the asset is up to date"),
        (("status",), "number  fresh"),
        (("why", "number"), "number is fresh"),
    ],
)
def test_an_answer_without_the_users_code(user: User, words: tuple[str, ...], said: str) -> None:
    settled(user)
    loaded, printed = modules_of(user.folder, *words, "-f", "pipeline.py")
    assert said in printed
    forbidden = {"pipeline", "pydantic", "numpy", "rich", "cloudpickle", "asyncio", "tidemill.work",
                 "tidemill.definitions.definitions", "tidemill.definitions.assets.decorators",
                 "tidemill.execution.runs", "tidemill.executors",
                 "tidemill.planning.graph", "tidemill.planning.machine"}  # fmt: skip
    assert loaded & forbidden == set()


# What makes it import again

CHANGES = {
    "a source": lambda folder: write(
        folder, "pipeline.py", (folder / "pipeline.py").read_text() + "# more\n"
    ),
    "a module of the user's": lambda folder: write(folder, "helpers.py", "X = 2\n"),
    "a module that a function imports": lambda folder: write(folder, "late.py", "Y = 2\n"),
    "a file that is read": lambda folder: write(folder, "rates.csv", "1,2\n"),
    "a file that is read through pathlib": lambda folder: write(folder, "names.txt", "b\n"),
    "a file that was looked for": lambda folder: write(folder, ".env", "A=1\n"),
    "a file that could not be opened": lambda folder: write(folder, "local.json", "{}"),
    "a folder that is listed": lambda folder: write(folder / "plugins", "two.txt", ""),
    "a folder that is globbed": lambda folder: write(folder / "queries", "two.sql", ""),
    "a file that is gone": lambda folder: (folder / "rates.csv").unlink(),
    "a file that shadows a module": lambda folder: write(folder, "colorsys.py", ""),
    "a module that was not there": lambda folder: write(folder, "local_settings.py", ""),
    "a folder that shadows a module": lambda folder: (folder / "graphlib").mkdir(),
}
READER = """
import colorsys, json
import helpers
RATES = open("rates.csv").read()
NAMES = Path("names.txt").read_text()
if os.path.exists(".env"): NAMES = ""
try: open("local.json")
except OSError: pass
PLUGINS = os.listdir("plugins")
QUERIES = [each.name for each in Path("queries").glob("*.sql")]
try: import local_settings
except ImportError: pass
@asset
def lazy():
    import late
    return late.Y
"""


@pytest.fixture
def reader(user: User) -> User:
    (user.folder / "plugins").mkdir()
    (user.folder / "queries").mkdir()
    write(user.folder / "plugins", "one.txt", "")
    return settled(
        user, READER, helpers__py="X = 1\n", late__py="Y = 1\n", rates__csv="1\n", names__txt="a\n"
    )


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_makes_it_import_once_more(reader: User, change: str) -> None:
    CHANGES[change](reader.folder)
    if change == "a file that is gone":
        assert reader.warm.run(reader.folder, "refresh", "-f", "pipeline.py").code == 2
        return
    assert reader.refresh() == 1
    reader.refresh()
    assert reader.refresh() == 0


def test_what_does_not_count(reader: User) -> None:
    for path in reader.folder.rglob("*.*"):
        if ".tidemill" not in path.parts:
            os.utime(path, (0, 0))
    write(reader.folder, "notes.txt", "not read")
    write(reader.folder / "plugins", "one.txt", "listed, but not read")
    assert reader.refresh() == 0
    shutil.rmtree(reader.folder / "__pycache__", ignore_errors=True)
    assert reader.refresh() == 0


def test_a_fresh_checkout_of_the_same_content(reader: User, tmp_path: Path) -> None:
    for name in ("pipeline.py", "helpers.py", "late.py", "rates.csv"):
        path = reader.folder / name
        text = path.read_bytes()
        path.unlink()
        path.write_bytes(text)
    assert reader.refresh() == 0


RUNS = [("materialize", "-f", "pipeline.py", *place) for place in ((), ("--in-process",))]


@pytest.mark.parametrize("words", RUNS, ids=["processes", "in process"])
def test_after_materialize_nothing_is_imported(user: User, words: tuple[str, ...]) -> None:
    changing = (
        "SEEN = []\n@asset\ndef other():\n    SEEN.append(1)\n    Path('made.txt').touch()\n    return SEEN\n"
    )
    write(user.folder, "pipeline.py", HEAD + changing + TAIL)
    assert user.warm.run(user.folder, *words).code == 0
    assert user.refresh() == 0
    status = user.warm.run(user.folder, "status", "-f", "pipeline.py")
    assert user.imports == 1
    assert "2 assets: 2 fresh" in status.out


def test_after_materialize_of_a_part_all_is_known(user: User) -> None:
    config = '{"ops": {"other": {"config": {"depth": 3}}}}'
    more = (
        "from tidemill import Config\nclass Depth(Config):\n    depth: int\n"
        "@asset\ndef other(config: Depth): return config.depth\n@asset\ndef third(): return 3\n"
    )
    write(user.folder, "pipeline.py", HEAD + more + TAIL)
    for words in (["number"], ["other", "--config", config]):
        done = user.warm.run(user.folder, "materialize", "-f", "pipeline.py", "--select", *words)
        assert done.code == 0, done
    imports = user.imports
    status = user.warm.run(user.folder, "status", "-f", "pipeline.py")
    assert "3 assets: 2 fresh, 1 missing" in status.out
    assert user.imports == imports


def test_after_rerun_nothing_is_imported(user: User) -> None:
    where = "HERE = Path(__file__).parent\n@asset\ndef place():\n    return HERE.name\n"
    write(user.folder, "pipeline.py", HEAD + where + TAIL)
    assert user.warm.run(user.folder, "materialize", "-f", "pipeline.py", "--in-process").code == 0
    shutil.rmtree(user.folder / ".tidemill" / "snapshots")
    assert user.warm.run(user.folder, "rerun", "1", "-f", "pipeline.py", "--in-process").code == 0
    assert user.refresh() == 0
    assert user.imports == 2


def test_what_a_snapshot_cannot_be_made_of_does_not_stop_a_run(user: User) -> None:
    write(user.folder, "pipeline.py", HEAD + TAIL)
    (user.folder / ".tidemill").mkdir()
    (user.folder / ".tidemill" / "snapshots").write_text("no folder")
    assert user.warm.run(user.folder, "materialize", "-f", "pipeline.py", "--in-process").code == 0


def test_a_damaged_snapshot(user: User) -> None:
    settled(user)
    (snapshot,) = (user.folder / ".tidemill" / "snapshots").glob("*.json")
    whole = snapshot.read_bytes()
    for damaged in (
        b"", b"{}", whole[:-20], whole.replace(b'"number"', b'"nunber"'), b"\xff\xfe", whole.partition(b"\n")[2],
        b"[]\n[]",
    ):  # fmt: skip
        snapshot.write_bytes(damaged)
        assert user.refresh() == 1
        assert user.refresh() == 0
    (user.folder / ".tidemill" / "snapshots" / "key").write_bytes(b"short")
    assert user.refresh() == 1


def test_another_python_path(user: User) -> None:
    settled(user)
    (user.folder / "elsewhere").mkdir()
    user.refresh()
    user.variables["PYTHONPATH"] = os.pathsep.join(
        filter(None, ["elsewhere", os.environ.get("PYTHONPATH", "")])
    )
    assert user.refresh() == 1


def test_an_installed_distribution(user: User) -> None:
    site = user.folder / "site-packages"
    (site / "thing-1.0.dist-info").mkdir(parents=True)
    before = user.imports

    def refresh() -> int:
        nonlocal before
        before = user.imports
        done = user.warm.run(user.folder, "refresh", "-f", "pipeline.py", "--in-process", path=(site,))
        assert done.code == 0
        return user.imports - before

    write(user.folder, "pipeline.py", HEAD + TAIL)
    refresh()
    refresh()
    assert refresh() == 0
    (site / "thing-1.0.dist-info").rename(site / "thing-1.1.dist-info")
    assert refresh() == 1
    refresh()
    assert refresh() == 0
    (site / "other-2.0.dist-info").mkdir()
    assert refresh() == 1


# What cannot be foreseen

DOUBTS = {
    "a socket": "import socket\ns = socket.socket()\ntry: s.connect(('127.0.0.1', 9))\nexcept OSError: pass\n"
    "s.close()\n",
    "an address": "import socket\ntry: socket.getaddrinfo('localhost', 80)\nexcept OSError: pass\n",
    "a process": "import subprocess, sys\nsubprocess.run([sys.executable, '-c', ''])\n",
    "a shell": "os.system('true')\n",
    "a database": "import sqlite3\nsqlite3.connect(':memory:').close()\n",
    "a date in a constant": "from datetime import date\nTODAY = date.today()\n@asset\ndef day(): return str(TODAY)\n",
    "a date in a definition": "import datetime\nfrom tidemill import StaticPartitionsDefinition\n"
    "DAYS = [str(datetime.date.today())]\n",
    "a default": "import time\ndef f(now=time.time()): return now\n",
    "a random number": "import random as r\nDRAWN = r.random()\n",
}


@pytest.mark.parametrize("doubt", DOUBTS)
def test_an_import_that_cannot_be_foreseen_is_made_each_time(user: User, doubt: str) -> None:
    write(user.folder, "pipeline.py", HEAD + DOUBTS[doubt] + TAIL)
    user.settle()
    assert user.refresh() == 1
    assert user.refresh() == 1


def test_a_clock_that_only_steps_read_is_no_doubt(user: User) -> None:
    settled(user, "import time\n@asset\ndef now():\n    return time.time()\n")


# The environment

ODD = """
env = os.environ
COPY = env.copy() if {all} else None
A = env.get("TM_A")
B = "TM_B" in env
C = env.pop("TM_C", "none")
D = os.getenv("TM_D", "none")
E = os.environb.get(b"TM_E")
F = os.path.expandvars("$TM_F")
env["TM_SET"] = "set"
env.setdefault("TM_DEFAULT", "default")
assert isinstance(env, os._Environ)
assert len(env) == len(dict(env)) if {all} else True
"""


@pytest.mark.parametrize("name", ["TM_A", "TM_B", "TM_C", "TM_D", "TM_E", "TM_F", "TM_DEFAULT"])
def test_a_variable_that_the_import_reads(user: User, name: str) -> None:
    settled(user, ODD.format(all=False))
    user.variables[name] = "1"
    assert user.refresh() == 1
    assert user.refresh() == 0
    user.variables[name] = ""  # empty is not the same as not there
    assert user.refresh() == 1


def test_a_variable_that_it_does_not_read(user: User) -> None:
    settled(user, ODD.format(all=False))
    user.variables = {"TM_OTHER": "1", "TM_SET": "2"}
    assert user.refresh() == 0


def test_all_variables(user: User) -> None:
    settled(user, ODD.format(all=True))
    user.variables = {"COLUMNS": "99", "SHLVL": "7"}
    assert user.refresh() == 0
    user.variables["TM_OTHER"] = "1"
    assert user.refresh() == 1


def test_a_child_process_gets_the_environment(user: User) -> None:
    middle = """
import subprocess, sys
os.environ["TM_SET"] = "set"
def child(**more):
    code = "import os; print(os.environ.get('TM_SET'))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, **more).stdout
assert child() == "set\\n"
assert child(env=os.environ | {"TM_SET": "2"}) == child(env={**os.environ, "TM_SET": "2"}) == "2\\n"
"""
    write(user.folder, "pipeline.py", HEAD + middle + TAIL)
    assert user.refresh() == 1


def test_the_environment_is_itself_again() -> None:
    from tidemill.code.audit import audited

    kinds = type(os.environ), type(os.environb), os.stat
    with audited() as audit:
        assert os.environ.get("TM_NOT_THERE") is None
        assert "TM_NEITHER" not in os.environ
        assert audit.variables == {"TM_NOT_THERE", "TM_NEITHER"}
    assert (type(os.environ), type(os.environb), os.stat) == kinds
    os.environ.get("TM_LATER")
    assert "TM_LATER" not in (audit.variables or ())
    with pytest.raises(ZeroDivisionError), audited():
        _ = 1 / 0
    assert (type(os.environ), type(os.environb), os.stat) == kinds


def test_no_value_of_a_variable_stands_in_the_store(user: User) -> None:
    value = "postgres://me:hunter2@db.internal:5432/x"
    user.variables = {"DATABASE": value}
    middle = (
        "from tidemill import Config, ConfigurableResource, Definitions, EnvVar\n"
        "DATABASE = os.environ['DATABASE']\n"
        "class Database(ConfigurableResource):\n    url: str\n"
        "@asset\ndef rows(database: Database):\n    return len(database.url) + len(DATABASE)\n"
    )
    tail = (
        TAIL
        + "defs = Definitions([rows, number], resources={'database': Database(url=EnvVar('DATABASE'))})\n"
    )
    write(user.folder, "pipeline.py", HEAD + middle + tail)
    user.settle()
    user.warm.run(user.folder, "why", "rows", "-f", "pipeline.py", **user.variables)
    for path in (user.folder / ".tidemill").rglob("*"):
        if path.is_file():
            assert b"hunter2" not in path.read_bytes(), path


# From a real command line


def test_a_refresh_with_nothing_to_do_as_installed(tmp_path: Path) -> None:
    write(tmp_path, "pipeline.py", HEAD + TAIL)
    assert "run 1 succeeded" in tidemill(tmp_path, "refresh", "-f", "pipeline.py").out
    assert tidemill(tmp_path, "refresh", "-f", "pipeline.py").out == "the asset is up to date\n"
    assert (tmp_path / "imports.log").read_text() == "."
