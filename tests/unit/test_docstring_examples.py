"""The examples in docstrings of public names do what they say; the main names have one."""

from __future__ import annotations

import doctest
import inspect
import re
from typing import Any

import pytest

import tidemill

MAIN = re.findall(
    r"\w+",
    """
    asset multi_asset graph_asset graph_multi_asset op graph job asset_check multi_asset_check schedule sensor
    asset_sensor run_failure_sensor Definitions AssetSelection define_asset_job ScheduleDefinition materialize
    materialize_to_memory AssetSpec AssetOut AssetIn AssetDep AssetKey Output MaterializeResult AssetCheckResult
    MetadataValue Config RunConfig ConfigurableResource ConfigurableIOManager EnvVar RetryPolicy Failure
    DailyPartitionsDefinition StaticPartitionsDefinition MultiPartitionsDefinition DynamicPartitionsDefinition
    BackfillPolicy AutomationCondition AutoMaterializePolicy FreshnessPolicy RunRequest SensorResult
    build_asset_context evaluate_automation_conditions DagsterInstance DynamicOut UPathIOManager SourceAsset
    observable_source_asset refresh backfill In Out
    """,
)


def example_of(name: str) -> doctest.DocTest | None:
    """The example in the docstring of a public name, with all public names at hand."""
    text = inspect.getdoc(getattr(tidemill, name)) or ""
    if ">>>" not in text:
        return None
    names: dict[str, Any] = {each: getattr(tidemill, each) for each in tidemill.__all__}
    return doctest.DocTestParser().get_doctest(text, names, name, None, 0)


EXAMPLES = {name: found for name in tidemill.EXPORTS if (found := example_of(name)) is not None}


def test_every_main_name_has_an_example() -> None:
    assert [name for name in MAIN if name not in EXAMPLES] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_gives_what_it_says(name: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIDEMILL_HOME", str(tmp_path / "store"))
    said: list[str] = []
    failed = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(EXAMPLES[name], out=said.append).failed
    assert not failed, "".join(said)
