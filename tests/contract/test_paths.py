"""api.md 1.6, UPathIOManager: one file for each asset and partition, on a local disk and in a remote store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from upath import UPath

from tidemill.core.errors import InvariantViolationError
from tidemill.core.metadata import MetadataValue
from tidemill.definitions.config.env import EnvVar
from tidemill.definitions.partitions.partitions import PartitionKeyRange, StaticPartitionsDefinition
from tidemill.io.context_testing import build_input_context, build_output_context
from tidemill.io.contexts import InputContext, OutputContext
from tidemill.io.paths import UPathIOManager

REGIONS = StaticPartitionsDefinition(["eu", "us", "asia"])
EU_TO_ASIA = PartitionKeyRange("eu", "asia")


class Json(UPathIOManager):
    extension: ClassVar[str | None] = ".json"

    def dump_to_path(self, context: OutputContext, obj: Any, path: Any) -> None:
        path.write_text(json.dumps(obj))

    def load_from_path(self, context: InputContext, path: Any) -> Any:
        return json.loads(path.read_text())


class Slow(Json):
    """Loads and writes by coroutines, and knows how many loads were under way at once."""

    def __init__(self, base_path: Any = None) -> None:
        super().__init__(base_path)
        self.now = self.most = 0

    async def dump_to_path(self, context: OutputContext, obj: Any, path: Any) -> None:
        await asyncio.sleep(0)
        super().dump_to_path(context, obj, path)

    async def load_from_path(self, context: InputContext, path: Any) -> Any:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.01)
        self.now -= 1
        return super().load_from_path(context, path)


@pytest.fixture(params=["a path", "a UPath", "text", "a remote UPath", "an address"])
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    remote = f"memory://{uuid4().hex}/values"
    yield {
        "a path": tmp_path,
        "a UPath": UPath(tmp_path),
        "text": str(tmp_path),
        "a remote UPath": UPath(remote),
        "an address": remote,
    }[request.param]
    MemoryFileSystem.store.clear()


def files(base: Any) -> list[str]:
    root = UPath(base)
    return sorted(str(path).removeprefix(str(root)).lstrip("/") for path in root.rglob("*") if path.is_file())


def written(manager: UPathIOManager, value: Any, key: Any, *partitions: str) -> OutputContext:
    context = OutputContext(
        asset_key=build_output_context(asset_key=key).asset_key,
        partition_keys=partitions,
        partitions_def=REGIONS if partitions else None,
    )
    manager.handle_output(context, value)
    return context


def many(**metadata: Any) -> InputContext:
    return build_input_context(
        asset_key="sales",
        asset_partition_key_range=EU_TO_ASIA,
        asset_partitions_def=REGIONS,
        metadata=metadata,
    )


def test_a_value_comes_back_from_the_path_of_its_key(base: Any) -> None:
    manager = Json(base)
    context = written(manager, {"a": [1]}, ["raw", "stories"])
    assert files(base) == ["raw/stories.json"]
    assert manager.load_input(build_input_context(asset_key=["raw", "stories"])) == {"a": [1]}
    assert str(context.added["path"].value).endswith("raw/stories.json")
    written(manager, 2, ["raw", "stories"])
    assert manager.load_input(build_input_context(asset_key=["raw", "stories"])) == 2


def test_partitions_are_files_of_their_own_and_load_as_a_dict(base: Any) -> None:
    manager = Json(base)
    for region in ("eu", "us", "asia"):
        written(manager, region.upper(), "sales", region)
    assert files(base) == ["sales/asia.json", "sales/eu.json", "sales/us.json"]
    assert manager.load_input(many()) == {"eu": "EU", "us": "US", "asia": "ASIA"}
    assert manager.load_input(build_input_context(asset_key="sales", partition_key="us")) == "US"


def test_missing_partitions_raise_unless_they_may_be_missing(base: Any) -> None:
    manager = Json(base)
    written(manager, "EU", "sales", "eu")
    with pytest.raises(FileNotFoundError):
        manager.load_input(many())
    assert manager.load_input(many(allow_missing_partitions=True)) == {"eu": "EU"}
    one = build_input_context(
        asset_key="sales", partition_key="us", metadata={"allow_missing_partitions": True}
    )
    assert manager.load_input(one) is None


def test_an_input_of_no_partition_is_none(base: Any) -> None:
    context = InputContext(asset_key=many().asset_key, partitions_def=REGIONS)
    assert Json(base).load_input(context) is None


def test_a_dict_of_all_partitions_of_a_step_is_written_as_their_files(base: Any) -> None:
    manager = Json(base)
    context = written(manager, {"eu": 1, "us": 2, "asia": 3}, "sales", "eu", "us", "asia")
    assert manager.load_input(many()) == {"eu": 1, "us": 2, "asia": 3}
    assert context.added["partitions"] == MetadataValue.int(3)
    with pytest.raises(InvariantViolationError, match="which is which") as caught:
        written(manager, {"eu": 1}, "sales", "eu", "us")
    assert "multi_run" in (caught.value.next_step or "")


def test_coroutines_are_awaited_and_partitions_load_at_once(base: Any) -> None:
    manager = Slow(base)
    for region in ("eu", "us", "asia"):
        written(manager, region, "sales", region)
    assert manager.load_input(many()) == {"eu": "eu", "us": "us", "asia": "asia"}
    assert manager.most == 3
    assert manager.load_input(build_input_context(asset_key="sales", partition_key="us")) == "us"

    async def inside_a_loop() -> Any:
        return manager.load_input(many())

    assert asyncio.run(inside_a_loop())["eu"] == "eu"


def test_an_output_of_no_asset_lies_under_its_run(base: Any) -> None:
    manager = Json(base)
    output = build_output_context(step_key="split", name="left", run_id="r1")
    manager.handle_output(output, 5)
    assert files(base) == ["r1/split/left.json"]
    assert manager.load_input(build_input_context(upstream_output=output)) == 5


def test_paths_metadata_and_lookups_can_be_overridden(base: Any) -> None:
    class Own(Json):
        def get_metadata(self, context: OutputContext, obj: Any) -> dict[str, Any]:
            return {"length": len(obj)}

        def get_asset_relative_path(self, context: Any) -> Any:
            return UPath("below", *context.asset_key.path)

        def get_path_for_partition(self, context: Any, path: Any, partition: str) -> Any:
            return path.parent / partition / path.name

        def load_partitions(self, context: InputContext) -> Any:
            return sorted(super().load_partitions(context).values())

    manager = Own(base)
    for region in ("eu", "us", "asia"):
        context = written(manager, region, "sales", region)
    assert files(base) == ["below/asia/sales.json", "below/eu/sales.json", "below/us/sales.json"]
    assert context.added["length"] == MetadataValue.int(4)
    assert manager.load_input(many()) == ["asia", "eu", "us"]


def test_has_output_path_exists_and_unlink(base: Any) -> None:
    manager = Json(base)
    context = build_output_context(asset_key="a")
    assert not manager.has_output(context)
    manager.handle_output(context, 1)
    assert manager.has_output(context)
    path = manager._get_path(context)
    assert manager.path_exists(path)
    manager.unlink(path)
    assert not manager.has_output(context)
    written(manager, 1, "sales", "eu")
    manager.unlink(manager._get_path_without_extension(build_output_context(asset_key="sales")))
    assert files(base) == []
    assert manager.fs.exists(str(path)) is False
    assert dict(manager.storage_options) == {}


def test_an_asset_that_becomes_partitioned_gives_up_its_file(tmp_path: Path) -> None:
    class Bare(Json):
        extension = None

    manager = Bare(tmp_path)
    written(manager, 1, "sales")
    written(manager, 2, "sales", "eu")
    assert files(tmp_path) == ["sales/eu"]


def test_no_key_leads_out_of_the_folder(tmp_path: Path) -> None:
    manager = Json(tmp_path / "inside")
    for key in (["..", "..", "escaped"], ["../escaped"], ["/etc/escaped"]):
        written(manager, 1, key)
        written(manager, 1, key, "../../escaped")
    assert [path.name for path in tmp_path.iterdir()] == ["inside"]


def test_a_folder_from_a_variable_or_of_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VALUES", str(tmp_path / "there"))
    written(Json(EnvVar("VALUES")), 1, "a")
    assert files(tmp_path) == ["there/a.json"]
    context = OutputContext(asset_key=many().asset_key, storage_folder=tmp_path / "store")
    Json().handle_output(context, 1)
    assert files(tmp_path) == ["store/sales.json", "there/a.json"]
    with pytest.raises(InvariantViolationError, match="does not know where"):
        written(Json(), 1, "a")


def test_both_methods_must_be_written() -> None:
    class Half(UPathIOManager):
        def dump_to_path(self, context: OutputContext, obj: Any, path: Any) -> None:
            raise NotImplementedError

    with pytest.raises(TypeError, match="load_from_path"):
        Half()  # type: ignore[abstract]
