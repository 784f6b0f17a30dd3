"""Start-up is a budget of modules: what a process loads is decided by code, milliseconds are not.

Each test asks a child which modules it has loaded beyond those that Python itself, or the start-up files of
the environment, had loaded before the first line.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = frozenset(
    """
    asyncio blake3 cloudpickle concurrent.futures dataclasses email http importlib.metadata inspect json
    logging matplotlib multiprocessing numpy pandas pickle polars pyarrow pydantic rich sqlite3
    subprocess tempfile tomllib unittest uuid xgboost
    """.split()  # noqa: SIM905  (a list of thirty lines says no more)
)
SOURCE = Path(__file__).parents[2] / "src"

CHILD = """
import sys
before = set(sys.modules)
{code}
print("\\n" + "\\n".join(sorted(set(sys.modules) - before)))
"""


def loaded_by(code: str) -> set[str]:
    """Names of the modules that `code` loads in a fresh process."""
    command = [sys.executable, "-c", CHILD.format(code=code)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition("\n\n")[2].split())


def modules() -> list[str]:
    """Every module of the package by its dotted name."""
    paths = [path.relative_to(SOURCE).with_suffix("") for path in sorted(SOURCE.rglob("*.py"))]
    return [".".join(path.parts).removesuffix(".__init__") for path in paths if path.name != "__main__"]


def test_the_root_loads_nothing_of_tidemill() -> None:
    loaded = loaded_by("import tidemill")
    assert {name for name in loaded if name.startswith("tidemill.")} == set()
    assert loaded & HEAVY == set()


def test_a_first_asset_loads_the_definitions_and_little_else() -> None:
    loaded = loaded_by(
        "from tidemill import asset\n@asset\ndef answer(question: int) -> int: return question"
    )
    assert loaded & HEAVY == set()
    layers = {name.split(".")[1] for name in loaded if name.startswith("tidemill.")}
    assert layers <= {"core", "definitions", "compat"}
    assert "definitions" in layers


def test_a_script_that_runs_in_process_loads_nothing_that_hires_processes() -> None:
    loaded = loaded_by("import tidemill\n@tidemill.asset\ndef one(): return 1\ntidemill.materialize([one])")
    executors = {name for name in loaded if name.startswith("tidemill.executors.")}
    assert executors == {
        "tidemill.executors.in_process",
        "tidemill.executors.port",
        "tidemill.executors.vitals",
    }
    assert "tidemill.execution.crews" not in loaded


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_loads_neither_definitions_nor_a_store(arguments: list[str]) -> None:
    code = f"""
import sys
sys.argv = ["tidemill", *{arguments!r}]
from tidemill.cli.main import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""
    loaded = loaded_by(code)
    assert loaded & (HEAVY - {"json"}) == set()
    layers = {name.split(".")[1] for name in loaded if name.startswith("tidemill.")}
    assert layers <= {"cli", "core"}


def test_a_pipeline_without_config_runs_without_pydantic(tmp_path: Path) -> None:
    """A tenth of a second of each command."""
    (tmp_path / "p.py").write_text(
        "from tidemill import Definitions, asset\n@asset\ndef one(): return 1\ndefs = Definitions([one])\n"
    )
    for command in ("list", "materialize", "status"):
        loaded = loaded_by(
            f"""
from tidemill.cli.main import main
assert main([{command!r}, "-f", {str(tmp_path / "p.py")!r}, "--home", {str(tmp_path / "home")!r}]) == 0
"""
        )
        assert "pydantic" not in loaded, command


def test_no_module_loads_a_data_library() -> None:
    """Arrays, tables and models are handled through what the user has loaded, never by loading a library."""
    loaded = loaded_by("\n".join(f"import {name}" for name in modules()))
    assert (
        loaded & {"numpy", "pandas", "polars", "pyarrow", "scipy", "sklearn", "xgboost", "matplotlib"}
        == set()
    )


@pytest.mark.timeout(600)  # four hundred forks
def test_every_module_can_be_imported_alone() -> None:
    """None works only because another was imported before it: each gets a fork of a process that has only libraries."""
    code = f"""
import gc, os
import fastapi, numpy, pandas, pydantic, rich, uvicorn, watchfiles
gc.disable()
gc.freeze()
for name in {modules()!r}:
    if os.fork() == 0:
        try:
            __import__(name)
            os._exit(0)
        except BaseException as error:
            os.write(1, (name + ": " + repr(error) + "\\n").encode())
            os._exit(1)
    os.wait()
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
