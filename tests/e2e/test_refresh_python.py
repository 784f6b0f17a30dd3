"""`refresh` from Python: a run in the caller's process that leaves alone what is up to date."""

from __future__ import annotations

import inspect
import os
from pathlib import Path
from typing import Any

import pytest

from tidemill import (
    AssetSelection,
    Config,
    ConfigurableResource,
    DagsterInstance,
    Definitions,
    InvalidConfigError,
    RunConfig,
    StaticPartitionsDefinition,
    asset,
    materialize,
    refresh,
)
from tidemill.core.errors import InvalidInvocationError, StepNotFoundError, TidemillError


def called(name: str) -> None:
    """Leave a mark that is no global of this module: those count, as they are when somebody refreshes."""
    with Path(os.environ["TM_CALLS"]).open("a") as file:
        file.write(f"{name} ")


def calls() -> list[str]:
    return Path(os.environ["TM_CALLS"]).read_text().split()


class Depth(Config):
    depth: int = 3


class Limit(ConfigurableResource):
    top: int = 100


@asset
def raw() -> list[int]:
    called("raw")
    return [1, 2, 3]


@asset
def model(raw: list[int], config: Depth) -> int:
    called("model")
    return sum(raw) * config.depth


@asset
def capped(model: int, limit: Limit) -> int:
    called("capped")
    return min(model, limit.top)


@asset(deterministic=False)
def page() -> str:
    called("page")
    return "x"


DAYS = StaticPartitionsDefinition(["mon", "tue"])


@asset(partitions_def=DAYS)
def daily(context: Any) -> str:
    called(context.partition_key)
    return f"of {context.partition_key}"


@asset
def broken() -> int:
    raise ZeroDivisionError("no")


ASSETS = [raw, model, capped]
LIMIT = {"limit": Limit()}


@pytest.fixture(autouse=True)
def _marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TM_CALLS", str(tmp_path / "calls"))


@pytest.fixture
def instance(tmp_path: Path) -> DagsterInstance:
    return DagsterInstance.local_temp(str(tmp_path / "store"))


def test_the_signature() -> None:
    assert str(inspect.signature(refresh)).partition(" ->")[0].count("=") == 8
    assert list(inspect.signature(refresh).parameters) == [
        "assets", "selection", "instance", "run_config", "resources", "partition_key", "keep_config",
        "raise_on_error", "tags",
    ]  # fmt: skip


def test_what_is_up_to_date_is_reused(instance: DagsterInstance) -> None:
    first = refresh(ASSETS, instance=instance, resources=LIMIT)
    assert (first.success, first.reused, first.asset_value("capped")) == (True, {}, 18)
    assert calls() == ["raw", "model", "capped"]
    second = refresh(ASSETS, instance=instance, resources=LIMIT, tags={"why": "again"})
    assert calls() == ["raw", "model", "capped"]
    assert second.reused == {"raw": "up to date", "model": "up to date", "capped": "up to date"}
    assert second.asset_value("capped") == 18
    assert second.output_for_node("model") == 18
    assert second.dagster_run.tags["why"] == "again"
    assert instance.get_latest_materialization_event("model") is not None
    assert len(instance.home.store.versions(model.key)) == 1


def test_a_definitions_object(instance: DagsterInstance) -> None:
    defs = Definitions(ASSETS, resources=LIMIT)
    assert refresh(defs, instance=instance).success
    assert set(refresh(defs, instance=instance).reused) == {"raw", "model", "capped"}
    assert list(refresh(defs, instance=instance, resources={"limit": Limit(top=5)}).reused) == [
        "raw",
        "model",
    ]


@pytest.mark.parametrize("selection", ["model", ["model"], [model], AssetSelection.assets("model")])
def test_a_selection_with_what_it_is_made_from(instance: DagsterInstance, selection: Any) -> None:
    assert refresh(ASSETS, selection, instance=instance, resources=LIMIT).success
    assert calls() == ["raw", "model"]


def test_config(instance: DagsterInstance) -> None:
    nine = {"ops": {"model": {"config": {"depth": 9}}}}
    assert refresh([raw, model], instance=instance, run_config=nine).asset_value("model") == 54
    kept = refresh([raw, model], instance=instance, keep_config=True)
    assert set(kept.reused) == {"raw", "model"}
    back = refresh([raw, model], instance=instance)
    assert (list(back.reused), back.asset_value("model")) == (["raw"], 18)
    again = refresh([raw, model], instance=instance, run_config=RunConfig(ops={"model": Depth(depth=9)}))
    assert again.reused == {"raw": "up to date", "model": "as version 1"}
    assert again.asset_value("model") == 54
    other = RunConfig(ops={"model": Depth(depth=2)})
    over = refresh([raw, model], instance=instance, run_config=other, keep_config=True)
    assert over.asset_value("model") == 12
    with pytest.raises(InvalidConfigError):
        refresh([raw, model], instance=instance, run_config={"ops": {"model": {"config": {"dept": 9}}}})


def test_not_deterministic(instance: DagsterInstance) -> None:
    refresh([page], instance=instance)
    refresh([page], instance=instance)
    assert calls() == ["page"]
    refresh([page], "page", instance=instance)
    refresh([page], [page], instance=instance)
    assert calls() == ["page"] * 3


def test_partitions(instance: DagsterInstance) -> None:
    assert refresh([daily], instance=instance, partition_key="mon").asset_value("daily") == "of mon"
    assert refresh([daily], instance=instance, partition_key="tue").reused == {}
    again = refresh([daily], instance=instance, partition_key="mon")
    assert (again.reused, again.asset_value("daily")) == ({"daily": "up to date"}, "of mon")
    assert calls() == ["mon", "tue"]


def test_errors(instance: DagsterInstance) -> None:
    with pytest.raises(ZeroDivisionError, match="no"):
        refresh([broken, raw], instance=instance)
    result = refresh([broken, raw], instance=instance, raise_on_error=False)
    assert (result.success, result.reused) == (False, {"raw": "up to date"})
    with pytest.raises(StepNotFoundError):
        result.asset_value("broken")
    with pytest.raises(TidemillError, match="did you mean 'raw'"):
        refresh([raw], "rwa", instance=instance)


def test_a_store_that_nothing_outlives_is_refused() -> None:
    with DagsterInstance.ephemeral() as ephemeral:
        with pytest.raises(InvalidInvocationError) as caught:
            refresh([raw], instance=ephemeral)
        assert caught.value.subject == "instance"
        assert "DagsterInstance.local_temp" in str(caught.value)


def test_the_projects_store_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEMILL_HOME", str(tmp_path / "home"))
    refresh([raw])
    assert refresh([raw]).reused == {"raw": "up to date"}
    assert (tmp_path / "home" / "tidemill.db").exists()


def test_what_materialize_made_is_found(instance: DagsterInstance) -> None:
    materialize([raw, model], instance=instance)
    assert set(refresh([raw, model], instance=instance).reused) == {"raw", "model"}
    materialize([raw, model], instance=instance)
    assert calls() == ["raw", "model"] * 2
