"""The repository as a reader finds it: what its files say, how long they are, and that the README is true."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "tidemill"
TEXT = {
    *(".py", ".md", ".toml", ".sql", ".cfg", ".yml", ".yaml", ".json", ".txt", ".sh", ".typed", ""),
    *(".ts", ".tsx", ".css", ".html"),
}
SECTIONS = ("## Context", "## Choice", "## Price")

# Written in pieces, so that this file does not hold what it looks for.
MACHINE_PATH = re.compile(
    r"(?<![\w.~<>)}])/(?:" + "|".join(["wo" + "rk", "ro" + "ot", "ho" + "me", "Us" + "ers"]) + r")/"
)
REGISTRY = re.compile(
    "|".join(["py" + r"pi\.org", "python" + r"hosted\.org", "npm" + r"js\.(?:org|com)", "deb" + r"ian\.org"])
)
OUTSIDE = re.compile(r"\.\./sha" "red")
UNFINISHED = re.compile(r"\b(?:" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]) + r")\b")
MADE = {"__pycache__", "build", "dist", "results", "node_modules", "static"}
DRAWERS = {"utils", "util", "common", "helpers", "misc", "shared", "base"}
PRODUCTS = re.compile(
    r"\b(?:dagster|airflow|prefect|kedro|hamilton|metaflow|luigi|zenml|redun|mlflow|dvc|ray|dask|flyte|argo)\b",
    re.IGNORECASE,
)


@cache
def files() -> list[Path]:
    """Every file of the repository, or that would be after `git add`; without git, all but what was made."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
            "\0"
        )
        paths = [ROOT / name for name in listed if name]
    except (OSError, subprocess.CalledProcessError):
        paths = [path for path in ROOT.rglob("*") if not _is_made(path.relative_to(ROOT).parts)]
    return sorted(path for path in paths if path.is_file())


def _is_made(parts: tuple[str, ...]) -> bool:
    return any((part.startswith(".") and part != ".ci") or part in MADE for part in parts)


def texts() -> list[tuple[Path, str]]:
    """Name (from the root) and text of each text file, the licence aside."""
    readable = [path for path in files() if path.suffix in TEXT and path.name != "LICENSE"]
    return [(path.relative_to(ROOT), path.read_text(encoding="utf-8")) for path in readable]


def found(pattern: re.Pattern[str], among: list[tuple[Path, str]]) -> list[str]:
    """Where the pattern matches, as `file:line: text`."""
    return [
        f"{path}:{number}: {line.strip()}"
        for path, text in among
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_the_files_are_seen() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in files()}
    assert {"README.md", "pyproject.toml", "src/tidemill/__init__.py", ".ci/run"} <= names


@pytest.mark.parametrize(
    "pattern",
    [pytest.param(MACHINE_PATH, id="path of a machine"), pytest.param(REGISTRY, id="host of a registry")],
)
def test_no_file_names_a_machine_or_a_registry(pattern: re.Pattern[str]) -> None:
    assert found(pattern, texts()) == []


def test_no_file_points_out_of_the_repository() -> None:
    assert found(OUTSIDE, [(path, text) for path, text in texts() if path != Path(".ci/run")]) == []


def test_nothing_is_left_for_later() -> None:
    assert found(UNFINISHED, texts()) == []


def test_no_file_is_too_long_to_be_read() -> None:
    tables = {
        "ui/package-lock.json",  # written by npm
        "src/tidemill/server/openapi.json",  # written by the server, and the next one made from it
        "ui/src/api/schema.ts",
    }
    long = {str(path): text.count("\n") for path, text in texts() if text.count("\n") > 800}
    long = {path: count for path, count in long.items() if path not in tables}
    assert long == {}


def test_modules_are_nouns_of_the_domain() -> None:
    assert [path for path in PACKAGE.rglob("*.py") if path.stem in DRAWERS] == []


def test_every_module_says_what_it_owns() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in PACKAGE.rglob("*.py")
        if not path.read_text().startswith('"""')
    ]
    assert silent == []


def test_every_layer_is_a_package_and_is_drawn() -> None:
    layers = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    declared = {name.strip() for line in contracts[0]["layers"] for name in line.split("|")}
    beside = {path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__"}  # homes of extras
    assert layers | beside == declared
    for drawing in (ROOT / "CONTRIBUTING.md", ROOT / "docs" / "design" / "0001-layers.md"):
        words = set(re.findall(r"\w+", drawing.read_text()))
        assert layers <= words, drawing.name


def test_design_decisions_are_numbered_and_short() -> None:
    pages = sorted((ROOT / "docs" / "design").glob("*.md"))
    numbers = [int(page.name[:4]) for page in pages]
    assert numbers == list(range(1, len(pages) + 1))
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", page.name)
        assert text.startswith(f"# {int(page.name[:4])}. "), page.name
        assert [line for line in text.splitlines() if line.startswith("## ")] == list(SECTIONS), page.name
        assert text.count("\n") <= 120, page.name


def test_the_readme_names_no_other_product() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert PRODUCTS.findall(readme) == []
    first_screen = "\n".join(readme.splitlines()[:40])
    for must in ("make demo", "make test", "from tidemill import asset"):
        assert must in first_screen


def test_the_readme_prints_what_it_says(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    match = re.search(r"```python\n(.*?)```\n+```\n(.*?)```", readme, re.DOTALL)
    assert match is not None
    code, printed = match.groups()
    assert len([line for line in code.splitlines() if line]) == 10
    (tmp_path / "pipeline.py").write_text(code)
    command = [sys.executable, "-W", "error", "pipeline.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == (printed, "", 0)


def test_links_between_documents_lead_somewhere() -> None:
    missing = [
        f"{path}: {target}"
        for path, text in texts()
        if path.suffix == ".md"
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
        if not (ROOT / path.parent / target).exists()
    ]
    assert missing == []


def test_the_contributing_guide_is_short() -> None:
    assert (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").count("\n") <= 150


def test_the_changelog_has_a_place_for_the_next_release() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", heading) for heading in headings[1:])


def test_every_target_of_the_makefile_is_listed_by_help() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(re.findall(r"make ([\w-]+)", done.stdout)) == set(phony.group(1).split())


def test_no_recorded_stories_are_kept_here() -> None:
    assert [path for path in files() if path.suffix == ".csv"] == []
