"""api.md 1.5 in runs: config and resources, as programs and their tests use them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from pydantic import Field, PrivateAttr

import tidemill as tm


class Limit(tm.ConfigurableResource):
    size: int = 3


@tm.asset
def limited(limit: Limit) -> int:
    return limit.size


@tm.asset(required_resource_keys={"limit"})
def old_style(context: tm.AssetExecutionContext) -> Any:
    return context.resources.limit


def test_a_resource_that_cannot_be_set_up_fails_the_run() -> None:
    class Broken(Limit):
        def setup_for_execution(self, context: tm.InitResourceContext) -> None:
            raise ValueError("no disk")

    result = tm.materialize([limited], resources={"limit": Broken()}, raise_on_error=False)
    assert not result.success
    failure = result.get_run_failure_event()
    assert "no disk" in str(failure.message) + str(failure.event_specific_data)
    with pytest.raises(tm.ResourceError, match="no disk") as caught:
        tm.materialize([limited], resources={"limit": Broken()})
    assert isinstance(caught.value.__cause__, ValueError)


def test_missing_resources_and_managers_are_named_with_who_needs_them() -> None:
    with pytest.raises(
        tm.InvalidDefinitionError, match="resource with key 'limit' required by op 'limited' was not"
    ):
        tm.materialize([limited])
    stored = tm.asset(io_manager_key="other", name="z")(lambda: 1)
    expected = "io manager with key 'other' required by output 'result' of op 'z' was not provided"
    with pytest.raises(tm.InvalidDefinitionError, match=expected):
        tm.materialize([stored])


# validate_run_config


class Training(tm.Config):
    depth: int
    rate: float = 0.1


@tm.asset
def model(config: Training) -> int:
    return config.depth


JOB = tm.define_asset_job("train", config=tm.RunConfig(ops={"model": {"config": {"rate": 0.5}}}))
DEFS = tm.Definitions([model, limited], jobs=[JOB], resources={"limit": Limit()})


def test_validate_run_config_gives_the_config_in_force() -> None:
    job = DEFS.get_job_def("train")
    raw = {"ops": {"model": {"config": {"depth": 2}}}, "resources": {"limit": {"config": {"size": 4}}}}
    assert tm.validate_run_config(job, raw) == {
        "ops": {"model": {"config": {"depth": 2, "rate": 0.5}}, "limited": {"config": {}}},
        "resources": {"limit": {"config": {"size": 4}}},
        "execution": {},
        "loggers": {},
    }
    assert tm.validate_run_config(job, tm.RunConfig(ops={"model": Training(depth=1)}))["ops"]["model"] == {
        "config": {"depth": 1, "rate": 0.1}
    }


def test_validate_run_config_tells_every_problem() -> None:
    with pytest.raises(tm.InvalidConfigError, match="Error in config for job train") as caught:
        tm.validate_run_config(
            DEFS.get_job_def("train"),
            {
                "ops": {"model": {"config": {"depth": "x", "zz": 1}}},
                "resources": {"limit": {"config": {"size": "y"}}},
            },
        )
    assert {path for path, _ in caught.value.problems} == {
        "root:ops:model:config:zz",
        "root:ops:model:config:depth",
        "root:resources:limit:config:size",
    }


# Config of one type


def test_config_that_is_no_dict() -> None:
    @tm.asset(config_schema=int)
    def doubled(context: tm.AssetExecutionContext) -> int:
        return 2 * context.op_config  # type: ignore[no-any-return]

    @tm.asset
    def listed(config: list[str]) -> str:
        return "-".join(config)

    @tm.asset(config_schema=[{"n": int}])
    def nested(context: tm.AssetExecutionContext) -> int:
        return sum(item["n"] for item in context.op_config)

    assets = [doubled, listed, nested]
    config = {"doubled": 4, "listed": ["a", "b"], "nested": [{"n": 1}, {"n": 2}]}
    result = tm.materialize(assets, {"ops": {name: {"config": value} for name, value in config.items()}})
    assert [result.output_for_node(each.op.name) for each in assets] == [8, "a-b", 3]
    with pytest.raises(tm.InvalidConfigError) as caught:
        tm.materialize(assets, {"ops": {"doubled": {"config": "x"}, "nested": {"config": [{"m": 1}]}}})
    found = dict(caught.value.problems)
    assert 'at path root:ops:doubled:config. Value "x"' in found["root:ops:doubled:config"]
    assert "{'listed': {'config': []}}" in found["root:ops"]
    assert set(found) == {
        "root:ops",
        "root:ops:doubled:config",
        "root:ops:nested:config[0]:m",
        "root:ops:nested:config[0]:n",
    }
    assert doubled(tm.build_asset_context(asset_config=4)) == 8
    assert listed(["x"]) == "x"


# with_resources


def test_with_resources_binds_what_is_needed() -> None:
    @tm.resource(config_schema={"size": int})
    def limit(context: tm.InitResourceContext) -> int:
        return context.resource_config["size"]  # type: ignore[no-any-return]

    bound = tm.with_resources(
        [old_style, tm.SourceAsset("s")],
        {"limit": limit, "unused": 1},
        resource_config_by_key={"limit": {"config": {"size": 7}}},
    )
    assert set(bound[0].resource_defs) == {"limit"}
    assert tm.materialize(bound).output_for_node("old_style") == 7
    assert old_style.resource_defs == {}
    of_class = tm.with_resources(
        [limited], {"limit": Limit()}, resource_config_by_key={"limit": {"config": {"size": 9}}}
    )
    assert tm.materialize(of_class).output_for_node("limited") == 9
    with pytest.raises(tm.InvalidDefinitionError, match="'limit' required by op 'old_style'"):
        tm.with_resources([old_style], {})
    with pytest.raises(tm.InvalidDefinitionError, match="fits nothing"):
        tm.with_resources([old_style], {"limit": 3}, {"limit": {"config": {"size": 1}}})


# I/O managers of functions and classes


def test_a_legacy_manager_in_a_class() -> None:
    class Kept(tm.IOManager):
        def __init__(self, start: int) -> None:
            self.values = {"start": start}

        def handle_output(self, context: tm.OutputContext, obj: Any) -> None:
            self.values[context.asset_key.to_user_string()] = obj + self.values["start"]

        def load_input(self, context: tm.InputContext) -> Any:
            return self.values[context.asset_key.to_user_string()]

    @tm.io_manager(config_schema={"start": int})
    def kept(context: tm.InitResourceContext) -> Kept:
        return Kept(context.resource_config["start"])

    class Adapter(tm.ConfigurableLegacyIOManagerAdapter):
        start: int

        @property
        def wrapped_io_manager(self) -> tm.IOManagerDefinition:
            return kept  # type: ignore[no-any-return]

    @tm.asset
    def one() -> int:
        return 1

    @tm.asset
    def two(one: int) -> int:
        return one

    result = tm.materialize([one, two], resources={"io_manager": Adapter(start=10)})
    assert result.output_for_node("two") == 11
    assert isinstance(kept(tm.build_init_resource_context(config={"start": 1})), Kept)


def test_a_manager_sees_what_the_function_said_and_says_what_it_loaded() -> None:
    seen: dict[str, Any] = {}

    class Watching(tm.IOManager):
        def handle_output(self, context: tm.OutputContext, obj: Any) -> None:
            seen[context.name] = dict(context.output_metadata)
            seen["op"] = context.op_def.name
            seen["step"] = context.step_context.run_id == context.run_id
            self.value = obj

        def load_input(self, context: tm.InputContext) -> Any:
            assert context.upstream_output is not None
            seen["up"] = (
                context.upstream_output.dagster_type.typing_type,
                context.upstream_output.op_def.name,
            )
            seen["own"] = (context.op_def.name, context.step_context.job_name)
            context.add_input_metadata({"rows": 3}, description="read")
            return self.value

    @tm.asset
    def made(context: tm.AssetExecutionContext) -> tm.Output[int]:
        context.add_output_metadata({"added": 2})
        return tm.Output(1, metadata={"said": 1})

    @tm.asset(io_manager_key="other")
    def used(made: int) -> int:
        return made

    result = tm.materialize([made, used], resources={"io_manager": Watching(), "other": tm.mem_io_manager})
    assert {name: value.value for name, value in seen["result"].items()} == {"said": 1, "added": 2}
    assert (seen["op"], seen["step"]) == ("made", True)
    assert seen["up"] == (int, "made")
    assert seen["own"] == ("used", "__ephemeral_asset_job__")
    (observed,) = result.asset_observations_for_node("used")
    assert observed.asset_key == tm.AssetKey("made")
    assert {name: value.value for name, value in observed.metadata.items()} == {
        "rows": 3,
        "description": "read",
    }


def test_an_input_manager_without_a_context() -> None:
    @tm.input_manager
    def seven() -> int:
        return 7

    @tm.asset
    def stored() -> int:
        return 1

    @tm.asset(ins={"stored": tm.AssetIn(input_manager_key="seven")})
    def loaded(stored: int) -> int:
        return stored

    assert tm.materialize([stored, loaded], resources={"seven": seven}).output_for_node("loaded") == 7


def test_private_state_lasts_as_long_as_the_run() -> None:
    story: list[str] = []

    class Client(tm.ConfigurableResource):
        url: str = Field(default="x", description="Where it is")
        _open: bool = PrivateAttr(default=False)

        def yield_for_execution(self, context: tm.InitResourceContext) -> Iterator[Any]:  # type: ignore[override]
            self._open = True
            story.append(f"open {context.instance is not None}")
            yield self
            story.append("closed")

    @tm.asset
    def asked(client: Client) -> bool:
        return client._open

    result = tm.materialize([asked], resources={"client": Client(url=tm.EnvVar("PATH"))})
    assert (result.output_for_node("asked"), story) == (True, ["open True", "closed"])


def test_a_result_has_what_steps_gave_also_to_managers_that_only_write() -> None:
    class Sink(tm.IOManager):
        def handle_output(self, context: tm.OutputContext, obj: Any) -> None:
            context.add_output_metadata({"rows": len(obj)})

        def load_input(self, context: tm.InputContext) -> Any:
            raise NotImplementedError

    @tm.asset
    def rows() -> list[int]:
        return [1, 2]

    result = tm.materialize([rows], resources={"io_manager": Sink()})
    assert result.output_for_node("rows") == result.asset_value("rows") == [1, 2]


def test_what_an_init_prepares_is_there_in_the_runs_copy() -> None:
    class Counting(tm.ConfigurableResource):
        start: int
        _counts: dict[str, int] = PrivateAttr(default_factory=dict)

        def __init__(self, **fields: Any) -> None:
            super().__init__(**fields)
            self._counts["start"] = self.start

    class Text(tm.ConfigurableIOManager, tm.UPathIOManager):
        folder: str

        def __init__(self, folder: str) -> None:
            super().__init__(folder=folder)
            self._base_path = Path(folder)

        def dump_to_path(self, context: tm.OutputContext, obj: str, path: Path) -> None:
            path.write_text(obj)

        def load_from_path(self, context: tm.InputContext, path: Path) -> str:
            return path.read_text()

    @tm.asset
    def counted(counting: Counting) -> str:
        return str(counting._counts)

    with TemporaryDirectory() as folder:
        result = tm.materialize(
            [counted], resources={"counting": Counting(start=3), "io_manager": Text(folder)}
        )
        assert result.output_for_node("counted") == "{'start': 3}"
        assert Path(folder, "counted").read_text() == "{'start': 3}"


def test_run_config_may_name_the_folder_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLDER", str(tmp_path / "variable"))
    stored = tm.asset(name="stored")(lambda: 1)
    for number, manager in enumerate(
        [None, tm.FilesystemIOManager(), tm.FilesystemIOManager.configure_at_launch(), tm.fs_io_manager]
    ):
        folder = {"env": "FOLDER"} if number == 1 else str(tmp_path / str(number))
        resources = {} if manager is None else {"io_manager": manager}
        config = {"resources": {"io_manager": {"config": {"base_dir": folder}}}}
        tm.materialize([stored], config, resources=resources)
    found = sorted(path.parent.name for path in tmp_path.rglob("stored"))
    assert found == ["0", "2", "3", "variable"]
    with pytest.raises(tm.InvalidConfigError) as caught:
        tm.materialize([stored], {"resources": {"io_manager": {"config": {"folder": "x"}}}})
    assert [path for path, _ in caught.value.problems] == ["root:resources:io_manager:config:folder"]


def test_several_partitions_are_no_single_value_for_the_annotation() -> None:
    days = tm.StaticPartitionsDefinition(["mon", "tue"])

    @tm.asset(partitions_def=days)
    def daily(context: tm.AssetExecutionContext) -> str:
        return context.partition_key

    @tm.asset
    def as_text(daily: str) -> str:
        return daily

    @tm.asset
    def as_dict(daily: dict[str, str]) -> list[str]:
        return list(daily.values())

    with tm.instance_for_test() as instance:
        for day in ("mon", "tue"):
            tm.materialize([daily], instance=instance, partition_key=day)
        result = tm.materialize([daily, as_dict], instance=instance, selection=[as_dict])
        assert result.output_for_node("as_dict") == ["mon", "tue"]
        with pytest.raises(tm.TypeCheckError, match='input "daily"'):
            tm.materialize([daily, as_text], instance=instance, selection=[as_text])
