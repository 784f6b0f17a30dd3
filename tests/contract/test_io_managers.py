"""What holds for every I/O manager that Tidemill brings, and what holds for files alone."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tidemill.core.errors import (
    InvariantViolationError,
    StoreError,
    UnpicklableValueError,
    ValueNotStoredError,
)
from tidemill.core.keys import AssetKey
from tidemill.core.metadata import MetadataValue
from tidemill.definitions.partitions.partitions import PartitionKeyRange, StaticPartitionsDefinition
from tidemill.definitions.resource_testing import build_resources
from tidemill.io.context_testing import build_input_context, build_output_context
from tidemill.io.contexts import OutputContext
from tidemill.io.managers import (
    FilesystemIOManager,
    InMemoryIOManager,
    IOManager,
    fs_io_manager,
    mem_io_manager,
)

MAKERS: dict[str, Callable[[Path], Any]] = {
    "filesystem": lambda folder: FilesystemIOManager(folder),
    "fs_io_manager": lambda folder: fs_io_manager.configured({"base_dir": str(folder)}),
    "memory": lambda folder: InMemoryIOManager(),
    "mem_io_manager": lambda folder: mem_io_manager,
}


@pytest.fixture(params=MAKERS)
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    with build_resources({"io_manager": MAKERS[request.param](tmp_path)}) as values:
        yield values.io_manager


@pytest.fixture
def files(tmp_path: Path) -> FilesystemIOManager:
    return FilesystemIOManager(tmp_path)


def store(manager: IOManager, value: Any, *key: str, partition: str | None = None) -> OutputContext:
    context = build_output_context(asset_key=list(key), partition_key=partition)
    manager.handle_output(context, value)
    return context


def load(manager: IOManager, *key: str, partition: str | None = None) -> Any:
    return manager.load_input(build_input_context(asset_key=list(key), partition_key=partition))


# Every manager


@pytest.mark.parametrize("value", [None, 0, "text", [1, {"a": (2, 3)}], {1, 2}, AssetKey("x")])
def test_a_value_comes_back(manager: IOManager, value: Any) -> None:
    store(manager, value, "ml", "model")
    assert load(manager, "ml", "model") == value


def test_the_latest_value_comes_back(manager: IOManager) -> None:
    store(manager, 1, "a")
    store(manager, 2, "a")
    assert load(manager, "a") == 2


def test_keys_that_look_alike_are_kept_apart(manager: IOManager) -> None:
    keys = [("a", "b"), ("a/b",), ("a%2Fb",), ("..", "c"), ("...",), ("a.b",), ("A\\B",)]
    for number, key in enumerate(keys):
        store(manager, number, *key)
    assert [load(manager, *key) for key in keys] == list(range(len(keys)))


def test_partitions_are_kept_apart_and_load_together(manager: IOManager) -> None:
    for partition in ("eu", "us", "a/b"):
        store(manager, partition.upper(), "sales", partition=partition)
    assert load(manager, "sales", partition="us") == "US"
    partitions = StaticPartitionsDefinition(["eu", "us", "a/b"])
    context = build_input_context(
        asset_key="sales",
        asset_partition_key_range=PartitionKeyRange("eu", "a/b"),
        asset_partitions_def=partitions,
    )
    assert manager.load_input(context) == {"eu": "EU", "us": "US", "a/b": "A/B"}


def test_an_output_of_no_asset_comes_back(manager: IOManager) -> None:
    output = build_output_context(step_key="split", name="left", run_id="r1")
    manager.handle_output(output, 5)
    assert manager.load_input(build_input_context(upstream_output=output)) == 5


@pytest.mark.parametrize("partition", [None, "eu"])
def test_what_was_never_stored_is_said(manager: IOManager, partition: str | None) -> None:
    store(manager, 1, "other")
    with pytest.raises(ValueNotStoredError) as caught:
        load(manager, "raw", "stories", partition=partition)
    name = "raw/stories" if partition is None else "raw/stories/eu"
    assert isinstance(caught.value, FileNotFoundError)
    assert caught.value.subject == name
    assert f"materialize {name!r} first" in (caught.value.next_step or "")


# Memory


def test_memory_keeps_the_object_itself() -> None:
    manager, value = InMemoryIOManager(), object()
    store(manager, value, "a")
    assert load(manager, "a") is value
    assert manager.values == {("a",): value}


# Files


def test_the_file_is_a_pickle_at_the_keys_path_and_says_so(
    files: FilesystemIOManager, tmp_path: Path
) -> None:
    context = store(files, [1, 2], "ml", "model", partition="eu")
    path = tmp_path / "ml" / "model" / "eu"
    assert context.added == {"path": MetadataValue.path(str(path))}
    assert pickle.loads(path.read_bytes()) == [1, 2]
    with pytest.raises(ValueNotStoredError) as caught:
        load(files, "ml", "model", partition="us")
    assert caught.value.found == f"no file at {path.with_name('us')}"


def test_no_key_leads_out_of_the_folder(tmp_path: Path) -> None:
    manager = FilesystemIOManager(tmp_path / "inside")
    for key in (("..", "..", "escaped"), ("../escaped",), (".",), ("/etc/escaped",)):
        store(manager, 1, *key)
    assert [path.name for path in tmp_path.iterdir()] == ["inside"]


def test_what_cannot_be_pickled_leaves_the_old_file(files: FilesystemIOManager, tmp_path: Path) -> None:
    store(files, 1, "a")
    with pytest.raises(UnpicklableValueError) as caught:
        store(files, lambda: None, "a")
    assert caught.value.subject == "a"
    assert caught.value.__cause__ is not None
    assert load(files, "a") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_path_in_the_way_is_said(files: FilesystemIOManager, tmp_path: Path) -> None:
    store(files, 1, "a")
    with pytest.raises(StoreError) as caught:
        store(files, 2, "a", "b")
    assert caught.value.subject == str(tmp_path / "a" / "b")
    assert load(files, "a") == 1


def test_without_a_folder_it_needs_that_of_the_store(tmp_path: Path) -> None:
    manager = FilesystemIOManager()
    manager.handle_output(OutputContext(asset_key=AssetKey("a"), storage_folder=tmp_path), 3)
    assert pickle.loads((tmp_path / "a").read_bytes()) == 3
    with pytest.raises(InvariantViolationError) as caught:
        store(manager, 1, "a")
    assert caught.value.subject == "base_dir"


def test_an_address_is_no_folder() -> None:
    with pytest.raises(InvariantViolationError, match="on this machine") as caught:
        store(FilesystemIOManager("s3://bucket/folder"), 1, "a")
    assert "S3PickleIOManager" in (caught.value.next_step or "")
