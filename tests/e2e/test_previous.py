"""`context.previous()`: what an asset made the last time, and what becomes of those that compare in a refresh."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_refresh import User, warm  # noqa: F401  (a fixture)

from tidemill import (
    AssetKey,
    AssetOut,
    DagsterInstance,
    DataProvenance,
    DataVersion,
    Output,
    RetryRequested,
    StaticPartitionsDefinition,
    asset,
    build_asset_context,
    materialize,
    materialize_to_memory,
    multi_asset,
    refresh,
)
from tidemill.core.errors import InvariantViolationError, StepNotFoundError

# The second guide's: a new model is kept only if it is better than the last one; otherwise what needs it keeps that.
BETTER = """
from tidemill import Output, asset

ACCURACY = 0.5

@asset
def data(): return [ACCURACY]

@asset
def model(context, data):
    accuracy = data[0]
    previous = context.previous()
    if previous is None or accuracy > previous.metadata["accuracy"].value:
        yield Output({"accuracy": accuracy}, metadata={"accuracy": accuracy})

@asset
def predictions(model): return model["accuracy"]
"""


@pytest.fixture
def user(warm: Any, tmp_path: Path) -> User:  # noqa: F811
    return User(warm, tmp_path)


@pytest.fixture
def instance(tmp_path: Path) -> DagsterInstance:
    return DagsterInstance.local_temp(str(tmp_path / "store"))


class TestTheGuide:
    def accuracy(self, user: User, value: str) -> dict[str, str]:
        text = (user.folder / "pipeline.py").read_text()
        before = text.partition("ACCURACY = ")[2].partition("\n")[0]
        user.edit(f"ACCURACY = {before}", f"ACCURACY = {value}")
        return user.refresh()

    def test_only_a_better_model_is_kept(self, user: User) -> None:
        user.write(BETTER)
        assert set(user.ran()) == {"data", "model", "predictions"}
        worse = self.accuracy(user, "0.4")
        assert worse == {"data": "succeeded", "model": "skipped", "predictions": "reused"}
        assert user.status() == {"data": "fresh", "model": "fresh", "predictions": "fresh"}
        assert user.refresh() == {}
        better = self.accuracy(user, "0.8")
        assert set(better.values()) == {"succeeded"}

    def test_a_comparison_with_another_version_is_made_anew(self, user: User) -> None:
        user.write(BETTER)
        user.refresh()
        self.accuracy(user, "0.8")
        # The model of 0.5 is in the store, but it was compared with nothing: today 0.8 is there.
        assert self.accuracy(user, "0.5")["model"] == "skipped"
        assert user.refresh() == {}
        assert self.accuracy(user, "0.8")["model"] == "reused"
        assert self.accuracy(user, "0.9")["model"] == "succeeded"
        # For 0.5 there was nothing to be had beside 0.8; beside 0.9 nobody has looked.
        assert self.accuracy(user, "0.5")["model"] == "skipped"

    def test_in_worker_processes(self, user: User) -> None:
        user.write(BETTER)
        for _ in range(2):
            done = user.warm.run(user.folder, "materialize", "-f", "pipeline.py", "--json")
            assert done.code == 0, done
        assert {step["step"]: step["status"] for step in done.json["steps"]} == {
            "data": "succeeded", "model": "skipped", "predictions": "skipped",
        }  # fmt: skip


def test_what_it_tells(instance: DagsterInstance) -> None:
    seen: list[Any] = []

    @asset
    def model(context: Any) -> Output[list[int]]:
        seen.append(context.previous())
        return Output([len(seen)], metadata={"n": len(seen)}, tags={"a": "b"})

    for _ in range(3):
        result = materialize([model], instance=instance)
    first, second, third = seen
    assert first is None
    assert (second.number, second.metadata["n"].value, second.load(), second.tags) == (1, 1, [1], {"a": "b"})
    assert (third.number, third.load(), repr(third)) == (2, [2], "<model@2>")
    assert third.made_at.tzinfo is not None
    assert third.run_id != result.run_id
    version = instance.home.latest(model.key, None)
    assert version is not None
    assert version.previous == third.version.id


def test_without_a_store_there_is_none() -> None:
    seen: list[Any] = []

    @asset
    def model(context: Any) -> int:
        seen.append(context.previous())
        return 1

    materialize([model])
    materialize_to_memory([model])
    assert seen == [None, None]


def test_the_same_partition(instance: DagsterInstance) -> None:
    seen: list[Any] = []

    @asset(partitions_def=StaticPartitionsDefinition(["a", "b"]))
    def part(context: Any) -> str:
        previous = context.previous()
        seen.append(previous and (previous.load(), str(previous)))
        return f"of {context.partition_key}"

    for key in ("a", "b", "a"):
        materialize([part], instance=instance, partition_key=key)
    assert seen == [None, None, ("of a", "<part[a]@1>")]


def test_one_of_several_assets(instance: DagsterInstance) -> None:
    seen: list[Any] = []

    @multi_asset(outs={"a": AssetOut(), "b": AssetOut()})
    def ab(context: Any) -> tuple[int, int]:
        with pytest.raises(InvariantViolationError, match="no single asset key"):
            context.previous()
        with pytest.raises(StepNotFoundError, match="no asset 'c'"):
            context.previous("c")
        previous = context.previous(asset_key="b")
        seen.append(previous and previous.load())
        return 1, 2

    materialize([ab], instance=instance)
    materialize([ab], instance=instance)
    assert seen == [None, 2]
    a, b = (instance.home.latest(AssetKey(name), None) for name in "ab")
    assert (a.previous, bool(b.previous)) == (None, True)


def test_an_attempt_before_is_no_earlier_version(instance: DagsterInstance) -> None:
    seen: list[Any] = []

    @asset
    def shaky(context: Any) -> Any:
        previous = context.previous()
        seen.append(previous and previous.number)
        yield Output(len(seen))
        if context.retry_number == 0:
            raise RetryRequested(max_retries=1)

    materialize([shaky], instance=instance)
    materialize([shaky], instance=instance)
    assert seen == [None, None, 2, 2]


def test_in_a_context_for_tests(instance: DagsterInstance) -> None:
    @asset
    def model(context: Any) -> float:
        previous = context.previous()
        return 0.5 if previous is None else previous.load() + 0.1

    with build_asset_context() as context:
        assert model(context) == 0.5
    materialize([model], instance=instance)
    with build_asset_context(instance=instance) as context:
        assert model(context) == 0.6


def test_a_version_that_was_compared_is_up_to_date_and_never_comes_back(instance: DagsterInstance) -> None:
    from tidemill import Config

    class Depth(Config):
        depth: int = 1

    @asset
    def model(context: Any, config: Depth) -> int:
        previous = context.previous()
        return config.depth + (previous.load() if previous is not None else 0)

    two = {"ops": {"model": {"config": {"depth": 2}}}}
    refresh([model], instance=instance)
    assert refresh([model], instance=instance).reused == {"model": "up to date"}
    refresh([model], instance=instance, run_config=two)
    assert refresh([model], instance=instance).asset_value("model") == 4  # 1 + 3, not the first version again
    made = instance.home.store.versions(model.key)
    assert [version.reused_from for version in made] == [None] * 3


def test_what_the_latest_version_was_made_from(tmp_path: Path) -> None:
    seen = []

    @asset(code_version="v1")
    def raw() -> Output[int]:
        return Output(1, data_version=DataVersion("d1"))

    @asset
    def model(context, raw: int) -> int:
        seen.append((context.get_asset_provenance("raw"), context.get_asset_provenance(context.asset_key)))
        return raw

    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        assert materialize([raw, model], instance=instance).success
        assert materialize([raw, model], instance=instance).success
    (first_raw, first_model), (later_raw, later_model) = seen
    assert first_raw is None
    assert first_model is None
    assert later_raw == DataProvenance("v1", {}, {}, is_user_provided=True)
    assert later_model.input_data_versions == {AssetKey("raw"): DataVersion("d1")}
