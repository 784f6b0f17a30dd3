"""What an edit makes run, and what `why` says of it before: a table.

Every row starts from one project that is up to date, changes one thing, asks `status`, refreshes, changes it back and
refreshes again: the second time nothing runs, because what was made before is still there.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from edited_project import write_project
from warm_command import Warm

ALL = "raw clean features model score report stamp sample loud doubled download"


class Edit(NamedTuple):
    """One row: what is changed where, which assets run, and the first difference as `why` names it.

    `again` are the assets that run when it is changed back: those that are not deterministic.
    """

    name: str
    file: str
    old: str
    new: str
    ran: str = ""
    asset: str = ""
    why: str = ""
    again: str = ""


# fmt: off
EDITS = [
    # Nothing that counts.
    Edit("a comment", "helpers.py", "    return FACTOR", "    # Doubled.\n    return FACTOR"),
    Edit("a comment above", "pipeline.py", "@asset\ndef clean", "# Tidy rows.\n@asset\ndef clean"),
    Edit("a docstring", "helpers.py", '"""Sorted, and scaled."""', '"""Scaled, and sorted."""'),
    Edit("a docstring less", "helpers.py", '    """Sorted, and scaled."""\n', ""),
    Edit("formatting", "helpers.py", "x + by * sign + settings.OFFSET",
         "(\n        x\n        + by * sign + settings.OFFSET)"),
    Edit("quotes", "pipeline.py", 'return "page"', "return 'page'"),
    Edit("an annotation", "helpers.py", "def _factor():", "def _factor() -> int:"),
    Edit("an annotation of an asset", "pipeline.py", "def clean(raw):", "def clean(raw: list) -> list:"),
    Edit("a reordering", "helpers.py",
         "def _factor():\n    return FACTOR\n\n\ndef unrelated(x):\n    return x - 1\n",
         "def unrelated(x):\n    return x - 1\n\n\ndef _factor():\n    return FACTOR\n"),
    Edit("an unrelated function", "helpers.py", "return x - 1", "return x - 2"),
    Edit("a new function", "helpers.py", "def unrelated", "def newcomer():\n    return 1\n\n\ndef unrelated"),
    Edit("a constant that nobody uses", "settings.py", "UNUSED = 9", "UNUSED = 8"),
    Edit("a class that nobody uses", "models.py", "class Forest(Base):\n    pass",
         "class Forest(Base):\n    trees = 10"),
    Edit("an import that nobody uses", "helpers.py", "from functools import wraps",
         "import json\nfrom functools import wraps"),
    Edit("a file that nobody reads", "notes.txt", "nobody", "still nobody"),
    Edit("a local name of an import", "pipeline.py", "import fakelib", "import fakelib as fakelib"),
    # What the code names.
    Edit("the asset itself", "pipeline.py", "return max(raw)", "return min(raw)"),
    Edit("a body", "pipeline.py", "return clean[:1]", "return clean[:2]", "sample", "sample",
         "pipeline.py: sample() changed"),
    Edit("a constant three helpers deep", "settings.py", "FACTOR = 2", "FACTOR = 3",
         "clean features model score report sample", "clean", "settings.py: FACTOR 2 → 3"),
    Edit("a helper of a helper", "helpers.py", "row * _factor() for", "row * _factor() + 1 for",
         "clean features model score report sample", "clean", "helpers.py: _scaled() changed"),
    Edit("module.name", "settings.py", "OFFSET = 10", "OFFSET = 11", "features model score report",
         "features", "settings.py: OFFSET 10 → 11"),
    Edit("a default", "helpers.py", "by=1", "by=2", "features model score report", "features",
         "helpers.py: shifted(by) 1 → 2"),
    Edit("a keyword default", "helpers.py", "sign=1", "sign=-1", "features model score report", "features",
         "helpers.py: shifted(sign) 1 → -1"),
    Edit("a function in a dict", "features/text.py", "lambda x: x * x", "lambda x: x**3",
         "features model score report",
         "features", "features/text.py: square() changed"),
    Edit("another key of that dict", "features/text.py", "return x / 2", "return x / 3", "features",
         "features", "features/text.py: halved() changed"),
    Edit("a method", "models.py", "return self.total * self.shrink * options.rate",
         "return self.total * self.shrink + options.rate", "model score report", "model",
         "models.py: Tree.score() changed"),
    Edit("a base class", "models.py", "self.total = sum(rows)", "self.total = max(rows)",
         "model score report", "model", "models.py: Base.fit() changed"),
    Edit("a class attribute", "models.py", "shrink = 1", "shrink = 2", "model score report", "model",
         "models.py: Tree.shrink 1 → 2"),
    Edit("a dataclass default", "models.py", "rate: float = 0.5", "rate: float = 0.25",
         "model score report", "model", "models.py: Options.rate 0.5 → 0.25"),
    Edit("another base class", "models.py", "class Tree(Base):", "class Tree(Base, dict):", "model",
         "model", "models.py: Tree changed"),
    Edit("the value in a closure", "pipeline.py", "adder(3)", "adder(4)", "score report", "score",
         "helpers.py: adder.add(step) 3 → 4"),
    Edit("the body of a decorator", "helpers.py", "return fn(**named)", "return 2 * fn(**named)",
         "score report", "score", "helpers.py: logged.call() changed"),
    # What is declared beside the code.
    Edit("a config default", "pipeline.py", "depth: int = 3", "depth: int = 4", "model score report",
         "model", "depth 3 → 4, run 1 was given 3"),
    Edit("a field of a resource", "pipeline.py", "value: float = 1.5", "value: float = 2.5", "report",
         "report", "pipeline.py: Threshold.value 1.5 → 2.5"),
    Edit("a resource as given", "pipeline.py", "Threshold()", "Threshold(value=9.0)", "report", "report",
         "resources.threshold.value 1.5 → 9.0, run 1 was given 1.5"),
    Edit("the class of a resource", "pipeline.py", "return x > self.value", "return x >= self.value",
         "report", "report", "pipeline.py: Threshold.passes() changed"),
    Edit("code_version=", "pipeline.py", 'code_version="1"', 'code_version="2"', "stamp", "stamp",
         "code_version 1 → 2"),
    Edit("seed=", "pipeline.py", "seed=7", "seed=8", "sample", "sample", "seed 7 → 8"),
    Edit("a file in reads=", "data.txt", "3\n1", "5\n1",
         "raw clean features model score report stamp sample doubled download", "raw", "data.txt changed",
         "download"),
    Edit("a file in reads=, the same when read", "data.txt", "3\n1\n2\n", "3\n1 2\n", "raw", "raw",
         "data.txt changed"),
    Edit("depends_on_code=", "plugins.py", '"!"', '"!!"', "loud", "loud", "plugins.py: shout() changed"),
    Edit("deterministic=False", "pipeline.py", 'return "page"', 'return "pages"', "download", "download",
         "pipeline.py: download() changed", "download"),
    # What comes in.
    Edit("a new input", "pipeline.py", "def doubled(raw):", "def doubled(raw, stamp):", "doubled",
         "doubled", "pipeline.py: doubled() changed"),
    Edit("an input less", "pipeline.py", "def sample(clean):\n    return clean[:1]",
         "def sample():\n    return [2]", "sample", "sample", "pipeline.py: sample() changed"),
    Edit("inputs in another order", "pipeline.py", "def loud(report):", "def loud(*, report):", "loud"),
    Edit("early cut-off", "helpers.py", "row * _factor() for", "_factor() * row for", "clean", "clean",
         "helpers.py: _scaled() changed"),
    Edit("early cut-off further down", "pipeline.py", "return [int(line)", "return [1 * int(line)", "raw",
         "features", "clean is stale, because of raw: pipeline.py: raw() changed"),
]
# fmt: on


@pytest.fixture(scope="module")
def warm() -> Iterator[Warm]:
    server = Warm()
    yield server
    server.close()


@pytest.fixture(scope="module")
def made(warm: Warm, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, all of it made once."""
    folder = tmp_path_factory.mktemp("made")
    write_project(folder)
    assert sorted(refresh(warm, folder)) == sorted(ALL.split())
    assert refresh(warm, folder) == []
    return folder


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Path:
    """A copy that a test may change; that it lies elsewhere changes nothing."""
    return shutil.copytree(made, tmp_path / "project")


def refresh(warm: Warm, folder: Path, *words: str) -> list[str]:
    """The steps that ran."""
    document = command(warm, folder, "refresh", "--in-process", *words)
    return [step["step"] for step in document.get("steps", []) if step["status"] == "succeeded"]


def command(warm: Warm, folder: Path, name: str, *words: str) -> Any:
    done = warm.run(folder, name, *words, "-f", "pipeline.py", "--json", path=(folder / "site-packages",))
    assert done.code == 0, done
    return done.json


def apply(folder: Path, edit: Edit) -> None:
    path = folder / edit.file
    text = path.read_text(encoding="utf-8")
    assert text.count(edit.old) == 1, f"{edit.old!r} must be in {edit.file} once"
    path.write_text(text.replace(edit.old, edit.new), encoding="utf-8")


@pytest.mark.parametrize("edit", EDITS, ids=[edit.name for edit in EDITS])
def test_an_edit_runs_what_it_reaches_and_its_reversal_nothing(warm: Warm, project: Path, edit: Edit) -> None:
    before = (project / edit.file).read_bytes()
    apply(project, edit)
    if edit.asset:
        assert command(warm, project, "why", edit.asset)["reasons"][0] == edit.why
    assert sorted(refresh(warm, project)) == sorted(edit.ran.split())
    (project / edit.file).write_bytes(before)
    assert sorted(refresh(warm, project)) == sorted(edit.again.split())
    assert all(row["status"] == "fresh" for row in command(warm, project, "status"))


def test_a_refresh_after_the_reversal_records_the_older_versions_again(warm: Warm, project: Path) -> None:
    edit = next(edit for edit in EDITS if edit.name == "a default")
    before = (project / edit.file).read_bytes()
    apply(project, edit)
    refresh(warm, project)
    (project / edit.file).write_bytes(before)
    document = command(warm, project, "refresh", "--in-process")
    made = {version["asset"]: version for version in document["versions"]}
    assert set(made) == set(edit.ran.split())
    assert {version["version"] for version in made.values()} == {3}
    first = warm.run(project, "show", "model@1", "--json").json
    assert made["model"]["reused_from"] == first["id"]
    assert made["model"]["digest"] == first["digest"]


def test_an_asset_that_is_renamed_runs_and_what_is_made_from_it_too(warm: Warm, project: Path) -> None:
    path = project / "pipeline.py"
    text = path.read_text()
    for old, new in (("def features(", "def vectors("), ("def model(features", "def model(vectors"),
                     ("fit(features)", "fit(vectors)"), ("clean, features,", "clean, vectors,")):  # fmt: skip
        assert text.count(old) == 1
        text = text.replace(old, new)
    path.write_text(text)
    assert command(warm, project, "why", "vectors")["reasons"] == ["it was never made"]
    reasons = command(warm, project, "why", "model")["reasons"]
    assert reasons == ["pipeline.py: model() changed", "input features is gone", "vectors is missing"]
    assert refresh(warm, project) == ["vectors", "model"]  # which came out as it was


def test_an_asset_that_is_taken_out_runs_nothing(warm: Warm, project: Path) -> None:
    path = project / "pipeline.py"
    path.write_text(path.read_text().replace("score, report,", "score,").replace("loud, ", ""))
    assert refresh(warm, project) == []
    assert "report" not in {row["asset"] for row in command(warm, project, "status")}


def test_a_new_version_of_a_library(warm: Warm, project: Path) -> None:
    folder = project / "site-packages"
    info = folder / "fakelib-1.0.dist-info"

    def install(version: str) -> None:
        nonlocal info
        text = (info / "METADATA").read_text().partition("Version: 1")[0]
        info = info.rename(folder / f"fakelib-{version}.dist-info")
        (info / "METADATA").write_text(
            f"{text.partition('Metadata')[0]}Metadata-Version: 2.1\nName: fakelib\nVersion: {version}\n"
        )

    install("1.0.7")  # only major and minor count
    assert refresh(warm, project) == []
    install("1.1.0")
    assert command(warm, project, "why", "doubled")["reasons"] == ["library fakelib 1.0 → 1.1"]
    assert refresh(warm, project) == ["doubled"]
    install("1.0.8")
    assert refresh(warm, project) == []


def test_a_code_version_in_place_of_code_and_the_reverse(warm: Warm, project: Path) -> None:
    path = project / "pipeline.py"
    before = path.read_text()
    path.write_text(before.replace('@asset(code_version="1")', "@asset"))
    assert command(warm, project, "why", "stamp")["reasons"] == ["code_version is gone, it was 1"]
    path.write_text(before.replace("@asset(seed=7)", '@asset(seed=7, code_version="a")'))
    assert command(warm, project, "why", "sample")["reasons"] == ["code_version is new: a"]
    path.write_text(before.replace("@asset(seed=7)", "@asset"))
    assert command(warm, project, "why", "sample")["reasons"] == ["seed is gone, it was 7"]


def test_code_that_a_code_version_stands_for_may_change(warm: Warm, project: Path) -> None:
    path = project / "pipeline.py"
    path.write_text(path.read_text().replace("return max(raw)", "return min(raw)"))
    assert refresh(warm, project) == []


def test_an_input_less_is_told_after_the_code(warm: Warm, project: Path) -> None:
    path = project / "pipeline.py"
    path.write_text(path.read_text().replace("def doubled(raw)", "def doubled(raw, stamp)"))
    reasons = command(warm, project, "why", "doubled")["reasons"]
    assert reasons == ["pipeline.py: doubled() changed", "input stamp is new"]
    assert refresh(warm, project) == ["doubled"]
