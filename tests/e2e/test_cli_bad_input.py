"""Bad input on the command line: what is said, where it is said, with which exit code; and that nothing is lost."""

from __future__ import annotations

import json
import resource
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import Done, tidemill, write

from tidemill.cli.main import COMMANDS

TWO = (
    "from tidemill import asset\n@asset\ndef first(): return 1\n@asset\ndef second(first): return first + 1\n"
)
BIG = """
import os
from tidemill import asset
@asset
def small(): return 1
@asset
def big(small): return os.urandom(400_000)
@asset
def total(big): return float(len(big))
"""


def refused(done: Done, *parts: str, code: int = 2) -> None:
    """Nothing was printed but an error, which has these parts and no frame of Tidemill's."""
    assert (done.code, done.out) == (code, ""), done
    assert "error: " in done.err
    assert [part for part in parts if part not in done.err] == [], done.err
    assert "/tidemill/" not in done.err


IMPORTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "a syntax error": ("def a(:\n    pass\n", ('p.py", line 1', "SyntaxError: ")),
    "a module that is not there": (
        "import nump\n",
        ("line 1, in <module>\n    import nump", "No module named 'nump'"),
    ),
    "an exception": ("def f():\n    return 1 / 0\nf()\n", ("in f\n    return 1 / 0", "ZeroDivisionError")),
    "an exception with a cause": (
        "try:\n    {}['x']\nexcept KeyError as e:\n    raise ValueError('no x') from e\n",
        ("KeyError: 'x'", "direct cause", "ValueError: no x"),
    ),
    "an exit": ("import sys\nsys.exit(3)\n", ("sys.exit(3)", "SystemExit: 3")),
    "an argument that a decorator does not have": (
        "from tidemill import asset\n@asset(group='x')\ndef a(): return 1\n",
        (
            "line 2, in <module>",
            "InvalidDefinitionError: asset has no argument 'group'",
            "did you mean 'group_name'?",
        ),
    ),
}


@pytest.mark.parametrize("case", IMPORTS)
@pytest.mark.parametrize("command", ["materialize", "list", "graph"])
def test_code_that_does_not_import_shows_the_users_traceback(tmp_path: Path, command: str, case: str) -> None:
    source, parts = IMPORTS[case]
    path = write(tmp_path, "p.py", source)
    refused(tidemill(tmp_path, command, "-f", "p.py"), *parts, f"{path} could not be imported")
    assert not (tmp_path / ".tidemill").exists()


@pytest.mark.parametrize("case", IMPORTS)
def test_validate_counts_code_that_does_not_import_as_a_problem(tmp_path: Path, case: str) -> None:
    source, parts = IMPORTS[case]
    write(tmp_path, "p.py", source)
    done = tidemill(tmp_path, "validate", "-f", "p.py")
    assert (done.code, done.err) == (1, "")
    assert [part for part in parts if part not in done.out] == []
    assert done.out.endswith("p.py: 1 problem\n")


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["-f", "none.py"], ("There is no file ", "none.py")),
        (["-f", "."], ("There is no file ", "found:    a folder")),
        (["-m", "none"], ("There is no module 'none'",)),
        (["-m", "json"], ("json defines no assets", "@asset")),
        (["-f", "data.txt"], ("data.txt is no Python file", ".txt")),
        ([], ("Which definitions?", "-f FILE", "[tool.tidemill]")),
    ],
)
def test_definitions_that_are_not_there(tmp_path: Path, words: list[str], parts: tuple[str, ...]) -> None:
    write(tmp_path, "data.txt", "x")
    for command in ("materialize", "list", "graph", "validate"):
        refused(tidemill(tmp_path, command, *words), *parts)


def test_a_file_that_is_given_like_an_asset(tmp_path: Path) -> None:
    refused(tidemill(tmp_path, "materialize", "pipeline.py"), "Which definitions?", "-f pipeline.py")


DEFINITIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "an unknown upstream": (
        (
            "from tidemill import asset\n@asset\ndef training_data(): return 1\n"
            "@asset\ndef model(trainig_data): return 1\n"
        ),
        ("trainig_data", "model", "did you mean 'training_data'?"),
    ),
    "a key twice": (
        (
            "from tidemill import Definitions, asset\n@asset\ndef a(): return 1\n"
            "@asset(name='a')\ndef b(): return 1\ndefs = Definitions([a, b])\n"
        ),
        ("Duplicate asset key: AssetKey(['a'])", "p.py:2", "p.py:4"),
    ),
    "a circle": (
        (
            "from tidemill import asset\n@asset\ndef a(c): return 1\n"
            "@asset\ndef b(a): return 1\n@asset\ndef c(b): return 1\n"
        ),
        ("a → b → c → a",),
    ),
    "two Definitions": (
        "from tidemill import Definitions\ndefs = Definitions()\nmore = Definitions()\n",
        ("defs (line 2)", "more (line 3)", "Definitions.merge"),
    ),
    "a missing resource": (
        (
            "from tidemill import Definitions, asset\n@asset(required_resource_keys={'database'})\n"
            "def a(context): return 1\ndefs = Definitions([a], resources={'databas': 1})\n"
        ),
        ("'database'", "'a'", "did you mean 'databas'?"),
    ),
}


@pytest.mark.parametrize("case", DEFINITIONS)
def test_definitions_that_do_not_go_together(tmp_path: Path, case: str) -> None:
    source, parts = DEFINITIONS[case]
    write(tmp_path, "p.py", source)
    refused(tidemill(tmp_path, "materialize", "-f", "p.py"), *parts)
    assert (
        not (tmp_path / ".tidemill" / "artifacts").exists() or tidemill(tmp_path, "runs", "--json").json == []
    )
    done = tidemill(tmp_path, "validate", "-f", "p.py")
    assert (done.code, done.err) == (1, "")
    assert [part for part in parts if part not in done.out] == []


def test_validate_reports_every_problem_and_materialize_says_that_there_are_more(tmp_path: Path) -> None:
    write(
        tmp_path,
        "p.py",
        "from tidemill import Definitions, asset, define_asset_job\n"
        "@asset\ndef model(trainig_data): return 1\n@asset\ndef other(modle): return 1\n"
        "@asset(io_manager_key='lake')\ndef b(): return 1\n@asset(name='b')\ndef twice(): return 1\n"
        "defs = Definitions([model, other, b, twice], jobs=[define_asset_job('j', selection='modl+')])\n",
    )
    done = tidemill(tmp_path, "validate", "-f", "p.py", "--json")
    assert done.code == 1
    subjects = ["AssetKey(['b'])", "lake", "modl", "modle", "trainig_data"]
    assert sorted(problem["subject"] for problem in done.json["problems"]) == subjects
    write(
        tmp_path,
        "q.py",
        "from tidemill import asset\n@asset\ndef a(x): return 1\n@asset\ndef b(y): return 1\n",
    )
    refused(
        tidemill(tmp_path, "materialize", "-f", "q.py"), "'a'", "`tidemill validate` lists all 2 problems"
    )


CONFIG = """
from tidemill import Config, asset
class ModelConfig(Config):
    depth: int
    name: str
    rate: float = 0.1
@asset
def model(config: ModelConfig): return config.depth
"""


@pytest.mark.parametrize(
    ("config", "parts"),
    [
        (None, ("Missing required config entry", "'depth'", "'name'")),
        (
            {"ops": {"model": {"config": {"depth": "x", "rat": 1}}}},
            ("root:ops:model:config:depth", '"name"', '"rat"', "Did you mean 'rate'?", "3 problems"),
        ),
        ("{", ("--config is no valid JSON", "line 1")),
        ("[1]", ("--config is not an object", "list")),
        ("none.json", ("--config names no file that can be read: none.json", "No such file")),
        ("bad.json", ("bad.json is no valid JSON",)),
        ("bad.toml", ("bad.toml is no valid TOML",)),
    ],
)
def test_config_that_does_not_fit_is_told_at_once(
    tmp_path: Path, config: object, parts: tuple[str, ...]
) -> None:
    write(tmp_path, "p.py", CONFIG)
    write(tmp_path, "bad.json", "depth: 3")
    write(tmp_path, "bad.toml", "depth: 3")
    words = [] if config is None else ["--config", config if isinstance(config, str) else json.dumps(config)]
    refused(tidemill(tmp_path, "materialize", "-f", "p.py", *words), *parts)


def test_an_unset_variable_fails_the_run_and_is_named(tmp_path: Path) -> None:
    write(
        tmp_path,
        "p.py",
        "from tidemill import ConfigurableResource, Definitions, EnvVar, asset\n"
        "class Api(ConfigurableResource):\n    token: str\n@asset\ndef a(api: Api): return 1\n"
        "defs = Definitions([a], resources={'api': Api(token=EnvVar('NO_SUCH_VARIABLE'))})\n",
    )
    done = tidemill(tmp_path, "materialize", "-f", "p.py")
    assert done.code == 1
    assert "NO_SUCH_VARIABLE" in done.out
    assert "run 1 failed" in done.out
    assert "Traceback" not in done.out + done.err
    assert tidemill(tmp_path, "validate", "-f", "p.py").code == 0


PARTITIONED = TWO + (
    "from tidemill import StaticPartitionsDefinition\n"
    "@asset(partitions_def=StaticPartitionsDefinition(['eu', 'us']))\ndef sales(): return 1\n"
)


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["--select", "secnd"], ("No asset has the key 'secnd'", "did you mean 'second'?")),
        (["--select", "second and ("], ("Cannot read the selection", "character")),
        (["--select", "group:nix"], ("matches nothing", "'default'")),
        (["--select", "sales"], ("Which partition of 'sales'?", "eu, us", "--partition eu")),
        (["--select", "sales", "--partition", "ue"], ("'ue'", "eu, us")),
        (["--select", "second", "--partition", "eu"], ("--partition eu", "leave --partition out")),
        (["--selct", "x"], ("unknown option '--selct'", "did you mean '--select'")),
        (["--sel", "x"], ("unknown option '--sel'",)),
        (["secnd"], ("No asset has the key 'secnd'", "did you mean 'second'?")),
        (["--select"], ("argument --select: expected one argument",)),
    ],
)
def test_selections_and_partitions_that_are_not_there(
    tmp_path: Path, words: list[str], parts: tuple[str, ...]
) -> None:
    write(tmp_path, "p.py", PARTITIONED)
    refused(tidemill(tmp_path, "materialize", "-f", "p.py", *words), *parts)
    assert not (tmp_path / ".tidemill" / "logs").exists() or tidemill(tmp_path, "runs", "--json").json == []


@pytest.mark.parametrize("command", ["list", "graph"])
def test_a_selection_of_nothing_is_an_error_for_whoever_looks_too(tmp_path: Path, command: str) -> None:
    write(tmp_path, "p.py", TWO)
    refused(tidemill(tmp_path, command, "-f", "p.py", "--select", "secnd"), "did you mean 'second'?")


class TestAskingForWhatIsNotThere:
    @pytest.fixture(scope="module", name="made")
    @staticmethod
    def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
        folder = tmp_path_factory.mktemp("made")
        write(folder, "p.py", PARTITIONED)
        assert tidemill(folder, "materialize", "-f", "p.py", "--select", "second*,first").code == 0
        assert (
            tidemill(folder, "materialize", "-f", "p.py", "--select", "sales", "--partition", "eu").code == 0
        )
        return folder

    @pytest.mark.parametrize(
        ("words", "parts"),
        [
            (["runs", "99"], ("There is no run '99'", "`tidemill runs`")),
            (["runs", "0"], ("There is no run '0'",)),
            (["runs", "--limit", "x"], ("argument --limit", "'x'")),
            (["runs", "--limit", "-1"], ("argument --limit",)),
            (["logs", "99"], ("There is no run '99'",)),
            (["logs", "1", "secnd"], ("Run 1 has no step 'secnd'", "did you mean 'second'?")),
            (["logs"], ("RUN", "tidemill logs --help")),
            (["show", "secnd"], ("did you mean 'second'?", "first, ")),
            (["show", "second@9"], ("There is no version 9 of second", "versions 1")),
            (["show", "second@champion"], ("second@champion", "the number of a version")),
            (["show", "sales[ue]"], ("no sales[ue]", "expected: eu")),
            (["show", "sales@1"], ("name the partition", "sales[eu]@1")),
            (["show", "sales["], ("Not the address of a version",)),
            (["show"], ("ASSET[@VERSION]",)),
            (["shw"], ("no command 'shw'", "did you mean 'show'?", *COMMANDS)),
            (["--json"], ("no option '--json'", "after the command")),
        ],
    )
    def test_each_answer_names_what_there_is(
        self, made: Path, words: list[str], parts: tuple[str, ...]
    ) -> None:
        refused(tidemill(made, *words), *parts)

    @pytest.mark.parametrize("words", [["show", "second"], ["logs", "1"], ["runs", "1"], ["verify"]])
    def test_a_folder_without_a_store_is_named(self, tmp_path: Path, words: list[str]) -> None:
        refused(
            tidemill(tmp_path, *words),
            f"There is no store in {tmp_path / '.tidemill'}",
            "materialize something",
        )
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('fil = "p.py"\n', ("Unknown setting 'fil'", "file")),
        ("file = \n", ("is not valid TOML",)),
        ('durability = "half"\n', ("'durability'", "'half'", "'normal' or 'full'")),
        ('file = "p.py"\nmodule = "p"\n', ("both a file and a module",)),
    ],
)
def test_settings_that_cannot_be(tmp_path: Path, text: str, parts: tuple[str, ...]) -> None:
    write(tmp_path, "p.py", TWO)
    write(tmp_path, "tidemill.toml", text)
    refused(tidemill(tmp_path, "list"), *parts)


def flip(path: Path) -> None:
    """Change one bit in the middle of a file."""
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


class TestStore:
    def test_a_damaged_artifact_is_named_and_never_unpickled(self, tmp_path: Path) -> None:
        write(tmp_path, "p.py", BIG)
        assert tidemill(tmp_path, "materialize", "-f", "p.py").code == 0
        (file,) = [path for path in (tmp_path / ".tidemill" / "artifacts").rglob("*") if path.is_file()]
        flip(file)

        done = tidemill(tmp_path, "show", "big")
        assert done.code == 1
        assert "value  bytes, 400 kB, damaged" in done.out
        assert "The value of big@1 is damaged" in done.err
        assert "materialize big again" in done.err
        assert tidemill(tmp_path, "show", "big", "--json").json["damaged"] is True
        assert tidemill(tmp_path, "show", "total").code == 0

        done = tidemill(tmp_path, "verify")
        assert done.code == 1
        assert "✗ big@1: " in done.out
        assert "3 artifacts, 401 kB: 1 damaged" in done.out or "1 damaged" in done.out
        assert [one["versions"] for one in tidemill(tmp_path, "verify", "--json").json["damaged"]] == [
            ["big@1"]
        ]

        done = tidemill(tmp_path, "materialize", "-f", "p.py", "--select", "total")
        assert done.code == 1
        assert "DamagedArtifactError: The value of big@1 is damaged" in done.out
        assert tidemill(tmp_path, "materialize", "-f", "p.py", "--select", "big,total").code == 0

    def test_an_artifact_that_is_gone_is_named(self, tmp_path: Path) -> None:
        write(tmp_path, "p.py", BIG)
        assert tidemill(tmp_path, "materialize", "-f", "p.py").code == 0
        (file,) = [path for path in (tmp_path / ".tidemill" / "artifacts").rglob("*") if path.is_file()]
        file.unlink()
        done = tidemill(tmp_path, "show", "big")
        assert done.code == 1
        assert "big@1" in done.err
        assert "big@1" in tidemill(tmp_path, "verify").out

    def test_a_file_in_place_of_the_folder(self, tmp_path: Path) -> None:
        write(tmp_path, "p.py", TWO)
        write(tmp_path, ".tidemill", "mine")
        refused(
            tidemill(tmp_path, "materialize", "-f", "p.py"),
            f"{tmp_path / '.tidemill'} cannot be used as a store",
        )
        assert (tmp_path / ".tidemill").read_text(encoding="utf-8") == "mine"
        assert tidemill(tmp_path, "list", "-f", "p.py").code == 0

    def test_a_file_in_place_of_the_database(self, tmp_path: Path) -> None:
        write(tmp_path, "p.py", TWO)
        (tmp_path / ".tidemill").mkdir()
        write(tmp_path, ".tidemill/tidemill.db", "no database at all, but long enough to be looked at " * 100)
        for words in (["materialize", "-f", "p.py"], ["list", "-f", "p.py"], ["runs"], ["show", "a"]):
            refused(tidemill(tmp_path, *words), "tidemill.db is damaged", "restore a copy")

    def test_a_database_of_a_newer_version(self, tmp_path: Path) -> None:
        write(tmp_path, "p.py", TWO)
        assert tidemill(tmp_path, "materialize", "-f", "p.py").code == 0
        with sqlite3.connect(tmp_path / ".tidemill" / "tidemill.db") as connection:
            connection.execute("PRAGMA user_version = 99")
        connection.close()
        for words in (
            ["materialize", "-f", "p.py"],
            ["list", "-f", "p.py"],
            ["runs"],
            ["show", "first"],
            ["verify"],
        ):
            refused(tidemill(tmp_path, *words), "A newer Tidemill wrote", "schema 99", "upgrade Tidemill")

    def test_a_full_disk_fails_the_step_and_loses_nothing(self, tmp_path: Path) -> None:
        write(tmp_path, "p.py", BIG)
        done = tidemill(tmp_path, "materialize", "-f", "p.py", limit=files_up_to(300_000))
        assert done.code == 1
        assert "✓ small" in done.out
        assert "StoreError: Cannot write 400," in done.out
        assert "⊘ total" in done.out
        assert 'File "' not in done.out.replace(str(tmp_path / "p.py"), "")
        assert tidemill(tmp_path, "show", "small", "--json").json["version"] == 1
        assert not [path for path in (tmp_path / ".tidemill" / "artifacts").rglob("*") if path.is_file()]
        assert tidemill(tmp_path, "verify").code == 0
        assert tidemill(tmp_path, "materialize", "-f", "p.py").code == 0

    def test_a_disk_too_full_for_the_database(self, tmp_path: Path) -> None:
        write(tmp_path, "p.py", TWO)
        done = tidemill(tmp_path, "materialize", "-f", "p.py", limit=files_up_to(2_000))
        assert done.code in (1, 2)
        assert "error: The database " in done.err
        assert "Traceback" not in done.err
        assert tidemill(tmp_path, "materialize", "-f", "p.py").code == 0


def files_up_to(size: int) -> Callable[[], None]:
    """No file of the child may grow beyond `size` bytes, as on a disk that is full."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_an_unpicklable_value_names_the_part_and_keeps_what_was_made(tmp_path: Path) -> None:
    write(
        tmp_path,
        "p.py",
        TWO + "import threading\nclass Box:\n    def __init__(self): self.lock = threading.Lock()\n"
        "@asset\ndef box(first): return {'b': Box()}\n",
    )
    done = tidemill(tmp_path, "materialize", "-f", "p.py")
    assert done.code == 1
    assert "UnpicklableValueError: The value of box cannot be stored: value['b'].lock" in done.out
    assert tidemill(tmp_path, "show", "second", "--json").json["version"] == 1
