"""`tidemill init`: what it writes runs, passes its own tests, and touches nothing that was there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from command_line import environment, tidemill


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("init")
    done = tidemill(folder, "init", "churn-model")
    assert done.code == 0, done.err
    assert done.out.endswith(
        'next:  cd churn-model\n       pip install -e ".[dev]"\n       tidemill materialize\n'
    )
    return folder / "churn-model"


def test_the_project_runs_and_beats_its_baseline(made: Path) -> None:
    done = tidemill(made, "materialize")
    assert done.code == 0, done.out + done.err
    assert "✓ no_gaps" in done.out
    assert "✓ beats_baseline" in done.out
    assert (made / ".tidemill").is_dir()


def test_an_edit_makes_stale_what_it_reaches(made: Path) -> None:
    assert tidemill(made, "refresh").code == 0
    model = made / "churn_model" / "model.py"
    model.write_text(model.read_text().replace("ALPHA = 0.1", "ALPHA = 0.5"))
    page = tidemill(made, "status").out
    assert "churn_model/model.py: ALPHA 0.1 → 0.5" in page
    assert "4 fresh, 2 stale" in page
    model.write_text(model.read_text().replace("ALPHA = 0.5", "ALPHA = 0.1"))


def test_its_own_tests_pass(made: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        command, cwd=made, env=environment(made), capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_files_that_are_there_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "README.md").write_text("mine")
    done = tidemill(tmp_path, "init", "mine")
    assert done.code == 2
    assert "a folder with files in it" in done.err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["README.md"]


@pytest.mark.parametrize("name", ["class", "9", "json", "tests", "tidemill", "a b", "ä"])
def test_a_name_that_could_not_be_imported_is_refused(tmp_path: Path, name: str) -> None:
    done = tidemill(tmp_path, "init", name)
    assert done.code == 2
    assert "cannot name a project" in done.err
    assert list(tmp_path.iterdir()) == []
