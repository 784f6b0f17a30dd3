"""Definitions from modules, packages and the folder of a project (api.md 1.1, 1.16)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import tidemill
from tidemill import (
    AssetSpec,
    DagsterInvalidDefinitionError,
    Definitions,
    ScheduleDefinition,
    SkipReason,
    asset,
    asset_check,
    define_asset_job,
    in_process_executor,
    load_definitions_from_current_module,
    load_definitions_from_module,
    load_definitions_from_modules,
    materialize,
    repository,
    sensor,
)

PROJECT = {
    "pyproject.toml": '[tool.dg.project]\nroot_module = "shop"\n',
    "src/shop/__init__.py": "",
    "src/shop/definitions.py": """
from pathlib import Path
from tidemill import definitions, load_from_defs_folder

@definitions
def defs():
    return load_from_defs_folder(path_within_project=Path(__file__).parent)
""",
    "src/shop/defs/__init__.py": "",
    "src/shop/defs/sales.py": """
from tidemill import asset

@asset
def orders() -> int:
    return 2
""",
    "src/shop/defs/models/report.py": """
import tidemill as dg
from shop.defs.sales import orders

@dg.asset(deps=[orders])
def report(scale: dg.ResourceParam[int]) -> int:
    return scale

defs = dg.Definitions([report], resources={"scale": 3}, jobs=[dg.define_asset_job("all")])
""",
    "src/shop/defs/models/__init__.py": "",
}


@asset
def one() -> int:
    return 1


@asset_check(asset=one)
def positive() -> bool:
    return True


everything = define_asset_job("everything")
raw = AssetSpec("raw")


def module(name: str, **names: object) -> ModuleType:
    made = ModuleType(name)
    vars(made).update(names)
    return made


def test_all_that_a_module_defines_at_its_top_level() -> None:
    code = module(
        "code", one=one, positive=positive, everything=everything, raw=raw, other=Definitions([raw])
    )
    defs = load_definitions_from_module(code, resources={"r": 1}, executor=in_process_executor)
    assert isinstance(defs, Definitions)
    assert defs.get_job_def("everything").execute_in_process().asset_value("one") == 1
    assert (defs.resources, defs.executor) == ({"r": 1}, in_process_executor)
    assert raw.key in defs.project().sources


def test_what_two_modules_name_counts_once() -> None:
    defs = load_definitions_from_modules([module("a", one=one), module("b", again=[one])])
    assert list(defs.project().units) == ["one"]


def test_the_module_that_asks() -> None:
    defs = load_definitions_from_current_module()
    assert set(defs.project().units) == {"one", "one_positive"}
    assert set(defs.project().jobs) == {"everything"}


def test_definitions_that_a_function_gives() -> None:
    @tidemill.definitions
    def defs():
        return Definitions([one])

    assert isinstance(defs, Definitions)
    assert defs() is defs
    assert defs.get_implicit_global_asset_job_def().execute_in_process().success
    with pytest.raises(DagsterInvalidDefinitionError, match="a Definitions object"):
        tidemill.definitions(lambda: [one])
    with pytest.raises(DagsterInvalidDefinitionError, match="context"):
        tidemill.definitions(lambda context: Definitions())


@pytest.fixture
def project(tmp_path: Path) -> Callable[[dict[str, str]], subprocess.CompletedProcess[str]]:
    def run(files: dict[str, str], code: str = "") -> subprocess.CompletedProcess[str]:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        code = code or (
            "from shop.definitions import defs\n"
            "job = defs.get_job_def('all')\n"
            "print(job.execute_in_process().asset_value('report'), sorted(defs.project().units))"
        )
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            cwd=tmp_path / "src",
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_folder_of_a_project(project) -> None:
    done = project(PROJECT)
    assert (done.stdout, done.stderr) == ("3 ['orders', 'report']\n", "")


def test_a_package_by_name(project) -> None:
    code = (
        "from tidemill import load_definitions_from_package_name as load\n"
        "print(sorted(load('shop.defs').project().units))"
    )
    assert project(PROJECT, code).stdout == "['orders', 'report']\n"


def test_components_in_yaml_are_refused(project) -> None:
    done = project({**PROJECT, "src/shop/defs/ingest/defs.yaml": "type: x"})
    assert "defs.yaml" in done.stderr
    assert "not in YAML" in done.stderr


def test_a_project_that_says_nothing(project) -> None:
    done = project({**PROJECT, "pyproject.toml": "[tool.other]\n"})
    assert "root_module" in done.stderr


def test_the_name_of_the_decorator_is_that_of_a_package(project) -> None:
    code = (
        "from tidemill import definitions, Definitions\n"
        "defs = definitions(lambda: Definitions())\n"
        "import tidemill.definitions.specs.assets, tidemill as dg\n"
        "assert dg.definitions(lambda: Definitions())() and dg.definitions.specs.assets.AssetSpec"
    )
    done = project({"src/x.py": ""}, code)
    assert done.stderr == ""


def test_materialize_takes_what_they_hold() -> None:
    defs = load_definitions_from_module(module("code", one=one))
    assert materialize(defs.assets).success


def test_a_repository_is_definitions_with_a_name() -> None:
    nightly = ScheduleDefinition(job=everything, cron_schedule="0 3 * * *")

    @sensor(job=everything)
    def watch():
        return SkipReason("nothing new")

    @repository(default_executor_def=in_process_executor)
    def shop():
        """All of it."""
        return [[one, raw], positive, everything, nightly, watch]

    assert isinstance(shop, Definitions)
    assert (shop.name, shop.description, shop.executor) == ("shop", "All of it.", in_process_executor)
    assert shop.get_job_def("everything").execute_in_process().success
    assert shop.get_schedule_def("everything_schedule") is nightly
    assert shop.get_sensor_def("watch") is watch
    assert shop.asset_checks == [positive]

    @repository
    def plain():
        return [one]

    assert (plain.name, plain.assets) == ("plain", [one])
    with pytest.raises(DagsterInvalidDefinitionError, match="a list of assets"):
        repository(name="x")(lambda: {"jobs": {}})


def test_both_spellings_of_the_questions_to_definitions() -> None:
    defs = Definitions([one])
    assert defs.has_implicit_global_asset_job_def()
    assert defs.resolve_implicit_global_asset_job_def().execute_in_process().asset_value("one") == 1
    for graph in (defs.get_asset_graph(), defs.resolve_asset_graph()):
        assert tidemill.AssetSelection.all().resolve(graph) == {one.key}
