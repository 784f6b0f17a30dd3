"""Section 1.6: I/O managers, their contexts, and what is stored where."""

import pickle
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from tidemill import (
    AssetIn,
    AssetKey,
    AssetMaterialization,
    AssetSpec,
    DagsterInstance,
    DagsterInvalidDefinitionError,
    DagsterType,
    DailyPartitionsDefinition,
    Definitions,
    FilesystemIOManager,
    In,
    InMemoryIOManager,
    InputContext,
    InputManager,
    IOManager,
    IOManagerDefinition,
    MetadataValue,
    Nothing,
    Out,
    OutputContext,
    PartitionKeyRange,
    ResourceDefinition,
    StaticPartitionsDefinition,
    TimeWindow,
    TimeWindowPartitionMapping,
    UPathIOManager,
    asset,
    build_input_context,
    build_output_context,
    fs_io_manager,
    input_manager,
    io_manager,
    job,
    materialize,
    mem_io_manager,
    op,
)

DAYS = DailyPartitionsDefinition("2024-01-01")
LETTERS = StaticPartitionsDefinition(["x", "y"])
UTC = timezone.utc  # noqa: UP017


class Recording(InMemoryIOManager):
    """Keeps its contexts' facts, as `ask` reads them."""

    def __init__(self, on_output: Any = None, on_input: Any = None) -> None:
        super().__init__()
        self.on_output, self.on_input = on_output, on_input
        self.told: list[Any] = []

    def handle_output(self, context: OutputContext, obj: Any) -> None:
        if self.on_output:
            self.told.append(self.on_output(context))
        super().handle_output(context, obj)

    def load_input(self, context: InputContext) -> Any:
        if self.on_input:
            self.told.append(self.on_input(context))
        return super().load_input(context)


@asset
def a() -> int:
    return 1


@asset
def b(a: int) -> int:
    return a + 1


# --- managers ---------------------------------------------------------------------------------------------------------


def test_IOManager_handles_outputs_and_loads_inputs() -> None:
    calls = []

    class Own(IOManager):
        def handle_output(self, context: OutputContext, obj: Any) -> None:
            calls.append(("handle_output", context.asset_key.to_user_string(), obj))

        def load_input(self, context: InputContext) -> Any:
            calls.append(("load_input", context.asset_key.to_user_string()))
            return 10

    result = materialize([a, b], resources={"io_manager": Own()})
    assert calls == [("handle_output", "a", 1), ("load_input", "a"), ("handle_output", "b", 11)]
    assert result.success


def test_io_manager_makes_one_of_a_function() -> None:
    @io_manager(config_schema={"n": int}, description="d", required_resource_keys={"other"})
    def own(context: Any) -> IOManager:
        assert context.resources.other == "o"
        return Recording(on_output=lambda _: context.resource_config["n"])

    resources = {"io_manager": own.configured({"n": 3}), "other": "o"}
    assert isinstance(own, IOManagerDefinition)
    assert own.description == "d"
    assert materialize([a, b], resources=resources).success


def test_io_manager_bare() -> None:
    @io_manager
    def own(_context: Any) -> IOManager:
        return InMemoryIOManager()

    assert materialize([a, b], resources={"io_manager": own}).asset_value("b") == 2


def test_IOManagerDefinition_hardcoded_io_manager() -> None:
    manager = Recording(on_output=lambda context: context.asset_key.to_user_string())
    fixed = IOManagerDefinition.hardcoded_io_manager(manager)
    assert materialize([a, b], resources={"io_manager": fixed}).success
    assert manager.told == ["a", "b"]


def test_InputManager_and_input_manager_load_alone() -> None:
    class Own(InputManager):
        def load_input(self, context: InputContext) -> Any:
            return 20

    @input_manager(description="d")
    def by_function(context: InputContext) -> Any:
        return 30

    @op(ins={"n": In(input_manager_key="own"), "m": In(input_manager_key="fn")})
    def takes(n: int, m: int) -> int:
        return n + m

    @job(resource_defs={"own": ResourceDefinition.hardcoded_resource(Own()), "fn": by_function})
    def whole() -> None:
        takes()

    assert whole.execute_in_process().output_for_node("takes") == 50


def test_input_manager_bare_for_an_asset() -> None:
    @input_manager
    def loads() -> Any:
        return 7

    @asset(ins={"a": AssetIn(input_manager_key="m")})
    def c(a: int) -> int:
        return a

    assert materialize([a, c], resources={"m": loads}).asset_value("c") == 7


def test_FilesystemIOManager_pickles_under_the_key_and_the_partition(tmp_path: Path) -> None:
    @asset(key_prefix=["p", "q"], partitions_def=LETTERS)
    def sliced() -> int:
        return 2

    manager = FilesystemIOManager(base_dir=str(tmp_path))
    result = materialize([a, sliced], resources={"io_manager": manager}, partition_key="x")
    assert pickle.loads((tmp_path / "a").read_bytes()) == 1
    assert pickle.loads((tmp_path / "p" / "q" / "sliced" / "x").read_bytes()) == 2
    facts = {e.asset_key: e.materialization.metadata for e in result.get_asset_materialization_events()}
    assert facts[AssetKey("a")]["path"] == MetadataValue.path(str(tmp_path / "a"))


def test_FilesystemIOManager_without_a_folder_uses_the_instance(tmp_path: Path) -> None:
    assert FilesystemIOManager().base_dir is None
    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        materialize([a], instance=instance, resources={"io_manager": FilesystemIOManager()})
        assert (Path(instance.storage_directory()) / "a").exists()


def test_fs_io_manager_is_configured_with_base_dir(tmp_path: Path) -> None:
    resources = {"io_manager": fs_io_manager.configured({"base_dir": str(tmp_path)})}
    assert materialize([a], resources=resources).success
    assert (tmp_path / "a").exists()
    assert materialize([a], resources={"io_manager": fs_io_manager}).success


def test_mem_io_manager_keeps_values_in_memory() -> None:
    assert materialize([a, b], resources={"io_manager": mem_io_manager}).asset_value("b") == 2


def test_InMemoryIOManager_keeps_values_by_what_they_are() -> None:
    manager = InMemoryIOManager()
    assert materialize([a], resources={"io_manager": manager}).success
    assert list(manager.values.values()) == [1]
    result = materialize([a, b], resources={"io_manager": manager}, selection=[b])
    assert result.asset_value("b") == 2


def test_IOManager_that_is_missing_is_named() -> None:
    @asset(io_manager_key="other")
    def z() -> int:
        return 1

    with pytest.raises(DagsterInvalidDefinitionError) as caught:
        Definitions([z]).get_implicit_global_asset_job_def()
    assert "'other'" in str(caught.value)
    assert "z" in str(caught.value)


# --- OutputContext ----------------------------------------------------------------------------------------------------


def of_output(ask: Any, *assets: Any, **how: Any) -> Any:
    """What `ask` reads of the context of the first asset's output."""
    manager = Recording(on_output=ask)
    result = materialize(list(assets), resources={"io_manager": manager, **how.pop("resources", {})}, **how)
    return manager.told[0], result


def test_OutputContext_of_an_asset() -> None:
    @asset(key_prefix="p", metadata={"m": 1}, description="d", code_version="7")
    def kept() -> int:
        return 1

    def ask(context: OutputContext) -> dict[str, Any]:
        context.log.info("told")
        return {
            "key": context.asset_key,
            "has": context.has_asset_key,
            "spec": context.asset_spec.description,
            "name": context.name,
            "step": context.step_key,
            "job": context.job_name,
            "mapping": context.mapping_key,
            "metadata": context.metadata["m"],
            "definition": context.definition_metadata["m"],
            "type": context.dagster_type.typing_type,
            "op": context.op_def.name,
            "config": context.config,
            "partition": context.has_partition_key,
            "partitions": context.has_asset_partitions,
            "identifier": list(context.get_identifier()),
            "asset": list(context.get_asset_identifier()),
            "run": context.run_id,
            "version": context.version,
            "scoped": list(context.get_run_scoped_output_identifier()),
            "step_context": context.step_context is not None,
        }

    told, result = of_output(ask, kept)
    assert told == {
        "key": AssetKey(["p", "kept"]),
        "has": True,
        "spec": "d",
        "name": "result",
        "step": "p__kept",
        "job": "__ephemeral_asset_job__",
        "mapping": None,
        "metadata": 1,
        "definition": 1,
        "type": int,
        "op": "p__kept",
        "config": None,
        "partition": False,
        "partitions": False,
        "identifier": ["p", "kept"],
        "asset": ["p", "kept"],
        "run": result.run_id,
        "version": told["version"],
        "scoped": [result.run_id, "p__kept", "result"],
        "step_context": True,
    }


def test_OutputContext_of_a_partition() -> None:
    @asset(partitions_def=DAYS)
    def sliced() -> int:
        return 1

    def ask(context: OutputContext) -> Any:
        assert context.asset_partitions_def == DAYS
        window = context.asset_partitions_time_window
        return (
            context.partition_key,
            context.has_partition_key,
            context.asset_partition_key,
            list(context.asset_partition_keys),
            context.asset_partition_key_range,
            (window.start, window.end),
            context.has_asset_partitions,
            list(context.get_asset_identifier()),
        )

    told, _ = of_output(ask, sliced, partition_key="2024-01-02")
    key = "2024-01-02"
    window = (datetime(2024, 1, 2, tzinfo=UTC), datetime(2024, 1, 3, tzinfo=UTC))
    assert told == (key, True, key, [key], PartitionKeyRange(key, key), window, True, ["sliced", key])


def test_OutputContext_metadata_and_events_that_it_takes() -> None:
    def ask(context: OutputContext) -> Any:
        context.add_output_metadata({"n": 5})
        context.log_event(AssetMaterialization("other"))
        return None

    _, result = of_output(ask, a)
    facts = {e.asset_key: e.materialization.metadata for e in result.get_asset_materialization_events()}
    assert facts[AssetKey("a")]["n"].value == 5
    assert AssetKey("other") in facts


def test_OutputContext_sees_the_metadata_of_the_output() -> None:
    from tidemill import Output

    @asset
    def told_of() -> Output[int]:
        return Output(1, metadata={"k": 2})

    seen, _ = of_output(lambda context: context.output_metadata["k"], told_of)
    assert getattr(seen, "value", seen) == 2


def test_OutputContext_resources_and_config_of_the_manager() -> None:
    seen = []

    class Own(InMemoryIOManager):
        def handle_output(self, context: OutputContext, obj: Any) -> None:
            seen.append((context.resources.other, context.resource_config))
            super().handle_output(context, obj)

    @io_manager(config_schema={"n": int}, required_resource_keys={"other"})
    def own(_context: Any) -> IOManager:
        return Own()

    materialize([a], resources={"io_manager": own.configured({"n": 1}), "other": "o"})
    assert seen == [("o", {"n": 1})]


def test_OutputContext_of_an_op() -> None:
    @op
    def one() -> int:
        return 1

    def ask(context: OutputContext) -> Any:
        return context.has_asset_key, list(context.get_identifier()), context.op_def.name

    manager = Recording(on_output=ask, on_input=lambda context: (context.name, context.op_def.name))

    @op(out=Out(Nothing))
    def two(n: int) -> None: ...

    @job(resource_defs={"io_manager": ResourceDefinition.hardcoded_resource(manager)})
    def whole() -> None:
        two(one())

    result = whole.execute_in_process()
    assert manager.told == [(False, [result.run_id, "one", "result"], "one"), ("n", "two")]


# --- InputContext -----------------------------------------------------------------------------------------------------


def test_InputContext_of_an_asset() -> None:
    @asset(metadata={"of": "up"})
    def up() -> int:
        return 1

    @asset(ins={"n": AssetIn("up", metadata={"m": 1})})
    def below(n: int) -> int:
        return n

    def ask(context: InputContext) -> dict[str, Any]:
        context.log.info("told")
        context.add_input_metadata({"loaded": 1})
        assert context.instance is not None
        return {
            "key": context.asset_key,
            "upstream": context.upstream_output.asset_key,
            "of": context.upstream_output.definition_metadata["of"],
            "name": context.name,
            "type": context.dagster_type.typing_type,
            "metadata": dict(context.metadata),
            "config": context.config,
            "job": context.job_name,
            "op": context.op_def.name,
        }

    manager = Recording(on_input=ask)
    result = materialize([up, below], resources={"io_manager": manager})
    assert manager.told == [
        {
            "key": AssetKey("up"),
            "upstream": AssetKey("up"),
            "of": "up",
            "name": "n",
            "type": int,
            "metadata": {"m": 1},
            "config": None,
            "job": "__ephemeral_asset_job__",
            "op": "below",
        }
    ]
    assert result.success


def test_InputContext_of_partitions() -> None:
    @asset(partitions_def=DAYS)
    def up(context: Any) -> str:
        return context.partition_key

    @asset(
        partitions_def=DAYS,
        ins={"up": AssetIn(partition_mapping=TimeWindowPartitionMapping(start_offset=-1))},
    )
    def below(up: dict) -> int:
        return len(up)

    def ask(context: InputContext) -> Any:
        window = context.asset_partitions_time_window
        return (
            context.partition_key,
            list(context.asset_partition_keys),
            context.asset_partition_key_range,
            (window.start.day, window.end.day),
        )

    class Own(Recording):
        def load_input(self, context: InputContext) -> Any:
            self.told.append(ask(context))
            return dict.fromkeys(context.asset_partition_keys)

    manager = Own()
    materialize([up, below], resources={"io_manager": manager}, partition_key="2024-01-03", selection=[below])
    keys = ["2024-01-02", "2024-01-03"]
    assert manager.told == [("2024-01-03", keys, PartitionKeyRange(*keys), (2, 4))]


def test_InputContext_resources_of_the_manager() -> None:
    seen = []

    class Own(InMemoryIOManager):
        def load_input(self, context: InputContext) -> Any:
            seen.append(context.resources.other)
            return super().load_input(context)

    @io_manager(required_resource_keys={"other"})
    def own(_context: Any) -> IOManager:
        return Own()

    materialize([a, b], resources={"io_manager": own, "other": "o"})
    assert seen == ["o"]


# --- UPathIOManager ---------------------------------------------------------------------------------------------------

upath = pytest.importorskip("upath")


class Texts(UPathIOManager):
    extension = ".txt"

    def dump_to_path(self, context: OutputContext, obj: Any, path: Any) -> None:
        path.write_text(str(obj))

    def load_from_path(self, context: InputContext, path: Any) -> Any:
        return path.read_text()

    def get_metadata(self, context: OutputContext, obj: Any) -> dict[str, Any]:
        return {"length": len(str(obj))}


def texts(folder: Path) -> Texts:
    return Texts(base_path=upath.UPath(folder))


def test_UPathIOManager_one_value(tmp_path: Path) -> None:
    @asset(key_prefix="p")
    def word() -> str:
        return "abc"

    @asset(ins={"word": AssetIn(key_prefix="p")})
    def read(word: str) -> str:
        return word + "!"

    result = materialize([word, read], resources={"io_manager": texts(tmp_path)})
    assert (tmp_path / "p" / "word.txt").read_text() == "abc"
    assert (tmp_path / "read.txt").read_text() == "abc!"
    facts = result.get_asset_materialization_events()[0].materialization.metadata
    assert facts["length"].value == 3
    assert facts["path"].value.endswith("word.txt")


@asset(partitions_def=DAYS)
def days(context: Any) -> str:
    return context.partition_key


LAGGED = {"days": AssetIn(partition_mapping=TimeWindowPartitionMapping(start_offset=-1))}


def test_UPathIOManager_many_partitions_are_a_dict_and_missing_ones_raise(tmp_path: Path) -> None:
    @asset(partitions_def=DAYS, ins=LAGGED)
    def both(days: dict[str, str]) -> str:
        return " ".join(sorted(days))

    with DagsterInstance.ephemeral() as instance:
        how = {"instance": instance, "resources": {"io_manager": texts(tmp_path)}}
        materialize([days], partition_key="2024-01-03", **how)
        with pytest.raises(Exception, match="2024-01-02"):
            materialize([days, both], partition_key="2024-01-03", selection=[both], **how)
        materialize([days], partition_key="2024-01-02", **how)
        materialize([days, both], partition_key="2024-01-03", selection=[both], **how)
    assert (tmp_path / "both" / "2024-01-03.txt").read_text() == "2024-01-02 2024-01-03"


def test_UPathIOManager_allow_missing_partitions(tmp_path: Path) -> None:
    mapping = TimeWindowPartitionMapping(start_offset=-1)

    @asset(
        partitions_def=DAYS,
        ins={"days": AssetIn(partition_mapping=mapping, metadata={"allow_missing_partitions": True})},
    )
    def both(days: dict[str, str]) -> str:
        return " ".join(sorted(days))

    with DagsterInstance.ephemeral() as instance:
        how = {
            "instance": instance,
            "resources": {"io_manager": texts(tmp_path)},
            "partition_key": "2024-01-03",
        }
        materialize([days], **how)
        materialize([days, both], selection=[both], **how)
    assert (tmp_path / "both" / "2024-01-03.txt").read_text() == "2024-01-03"


def test_UPathIOManager_a_lagged_mapping_without_an_upstream_partition_gives_none(tmp_path: Path) -> None:
    mapping = TimeWindowPartitionMapping(
        start_offset=-1, end_offset=-1, allow_nonexistent_upstream_partitions=True
    )

    @asset(partitions_def=DAYS, ins={"lagged": AssetIn(partition_mapping=mapping)})
    def lagged(context: Any, lagged: Any) -> str:
        return f"after {lagged}"

    with DagsterInstance.ephemeral() as instance:
        how = {"instance": instance, "resources": {"io_manager": texts(tmp_path)}}
        materialize([lagged], partition_key="2024-01-01", **how)
        materialize([lagged], partition_key="2024-01-02", **how)
    assert (tmp_path / "lagged" / "2024-01-01.txt").read_text() == "after None"
    assert (tmp_path / "lagged" / "2024-01-02.txt").read_text() == "after after None"


def test_UPathIOManager_loads_partitions_concurrently_where_it_is_a_coroutine(tmp_path: Path) -> None:
    import asyncio

    running = {"now": 0, "most": 0}

    class Slow(Texts):
        async def load_from_path(self, context: InputContext, path: Any) -> Any:  # type: ignore[override]
            running["now"] += 1
            running["most"] = max(running["most"], running["now"])
            await asyncio.sleep(0.01)
            running["now"] -= 1
            return path.read_text()

    @asset(partitions_def=DAYS, ins=LAGGED)
    def both(days: dict[str, str]) -> str:
        return " ".join(sorted(days.values()))

    with DagsterInstance.ephemeral() as instance:
        how = {"instance": instance, "resources": {"io_manager": Slow(base_path=upath.UPath(tmp_path))}}
        for key in ("2024-01-02", "2024-01-03"):
            materialize([days], partition_key=key, **how)
        materialize([days, both], partition_key="2024-01-03", selection=[both], **how)
    assert (tmp_path / "both" / "2024-01-03.txt").read_text() == "2024-01-02 2024-01-03"
    assert running["most"] == 2


def test_UPathIOManager_what_may_be_overridden(tmp_path: Path) -> None:
    class Own(Texts):
        def get_asset_relative_path(self, context: Any) -> Any:
            return upath.UPath("own") / super().get_asset_relative_path(context)

        def get_path_for_partition(self, context: Any, path: Any, partition: str) -> Any:
            return path / f"day={partition}"

        def make_directory(self, path: Any) -> None:
            calls.append("make_directory")
            super().make_directory(path)

        def load_partitions(self, context: Any) -> Any:
            calls.append("load_partitions")
            return super().load_partitions(context)

    calls: list[str] = []

    @asset(partitions_def=DAYS, ins=LAGGED)
    def both(days: dict[str, str]) -> int:
        return len(days)

    with DagsterInstance.ephemeral() as instance:
        how = {"instance": instance, "resources": {"io_manager": Own(base_path=upath.UPath(tmp_path))}}
        for key in ("2024-01-02", "2024-01-03"):
            materialize([days], partition_key=key, **how)
        materialize([days, both], partition_key="2024-01-03", selection=[both], **how)
    assert "make_directory" in calls
    assert "load_partitions" in calls
    assert (tmp_path / "own" / "days").is_dir()
    assert any("day=2024-01-02" in path.name for path in (tmp_path / "own" / "days").iterdir())


def test_UPathIOManager_asks_and_removes(tmp_path: Path) -> None:
    manager = texts(tmp_path)
    context = build_output_context(asset_key=AssetKey("word"))
    assert not manager.has_output(context)
    manager.handle_output(context, "abc")
    assert manager.has_output(context)
    path = upath.UPath(tmp_path / "word.txt")
    assert manager.path_exists(path)
    manager.unlink(path)
    assert not manager.path_exists(path)


# --- builders ---------------------------------------------------------------------------------------------------------


def test_build_output_context_arguments() -> None:
    context = build_output_context(
        step_key="s",
        name="n",
        definition_metadata={"m": 1},
        run_id="r",
        mapping_key="k",
        config={"c": 1},
        resource_config={"rc": 1},
        resources={"other": "o"},
        asset_key=AssetKey("a"),
        partition_key="x",
        asset_spec=AssetSpec("a"),
    )
    assert (context.step_key, context.name, context.run_id, context.mapping_key) == ("s", "n", "r", "k")
    assert (context.config, context.resource_config) == ({"c": 1}, {"rc": 1})
    assert (context.resources.other, context.partition_key) == ("o", "x")
    assert context.definition_metadata["m"] == 1
    assert context.asset_spec.key == AssetKey("a")
    assert build_output_context(metadata={"m": 2}).metadata["m"] == 2


def test_build_input_context_arguments() -> None:
    window = TimeWindow(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC))
    with DagsterInstance.ephemeral() as instance:
        context = build_input_context(
            name="n",
            config={"c": 1},
            definition_metadata={"m": 1},
            upstream_output=build_output_context(asset_key="up"),
            resource_config={"rc": 1},
            resources={"other": "o"},
            asset_key="a",
            partition_key="x",
            asset_partition_key_range=PartitionKeyRange("x", "y"),
            asset_partitions_def=LETTERS,
            instance=instance,
        )
        assert context.instance is instance
    assert (context.name, context.config, context.resources.other) == ("n", {"c": 1}, "o")
    assert (context.asset_key, context.upstream_output.asset_key) == (AssetKey("a"), AssetKey("up"))
    assert context.partition_key == "x"
    assert context.asset_partition_key_range == PartitionKeyRange("x", "y")
    assert list(context.asset_partition_keys) == ["x", "y"]
    assert window.start.day == 1


def test_build_input_context_type() -> None:
    kind = DagsterType(lambda _context, value: True, name="Own")
    assert build_input_context(dagster_type=kind).dagster_type is kind
