"""The document of the definitions: all that a page shows, nothing that is secret, and the same when it is read."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field, SecretStr

from tidemill import (
    AssetKey,
    AssetOut,
    AssetSpec,
    AutomationCondition,
    Config,
    ConfigurableResource,
    DailyPartitionsDefinition,
    Definitions,
    DynamicPartitionsDefinition,
    EnvVar,
    FreshnessPolicy,
    MetadataValue,
    ScheduleDefinition,
    SkipReason,
    StaticPartitionsDefinition,
    asset,
    asset_check,
    define_asset_job,
    multi_asset,
    sensor,
)
from tidemill.definitions.partitions.partitions import World
from tidemill.execution.coding import NO_CODING, Coding
from tidemill.planning.facts import OutputFacts, UnitFacts
from tidemill.server.snapshot import Snapshot
from tidemill.server.workshop.describing import snapshot_of


class Service(ConfigurableResource):
    token: str
    password: SecretStr = SecretStr("hunter2hunter2")
    address: str = "https://example.com"


class Depth(Config):
    depth: int = Field(3, ge=1, description="How deep")
    names: list[str] = Field(default_factory=list)
    key: str = EnvVar("SECRET_KEY")
    required: float


@asset(
    group_name="raw",
    owners=["team:data"],
    tags={"tier": "gold"},
    kinds={"pandas"},
    description="All rows.",
    metadata={"limit": 3, "ratio": float("nan"), "note": MetadataValue.md("# Hi")},
    keep=5,
    ttl="7d",
    freshness_policy=FreshnessPolicy.time_window(timedelta(days=1)),
    automation_condition=AutomationCondition.eager(),
)
def rows(service: Service) -> list[int]:
    return [1]


@multi_asset(outs={"train": AssetOut(), "test": AssetOut()})
def split(rows, elsewhere, config: Depth):
    return 1, 2


@asset(key=["models", "best"], partitions_def=StaticPartitionsDefinition(["eu", "us"]), deps=["train"])
def best():
    return 1


@asset(partitions_def=DailyPartitionsDefinition("2024-01-01", end_date="2024-02-01"))
def daily():
    return 1


@asset(partitions_def=DynamicPartitionsDefinition(lambda _: ["a", "b", "c"]))
def given():
    return 1


@asset_check(asset=rows, blocking=True, description="Not empty")
def some(rows):
    raise NotImplementedError


@sensor(target="*", minimum_interval_seconds=60)
def looks(context):
    return SkipReason("no")


train_job = define_asset_job("train_job", ["train", "test"], description="Trains")
DEFINITIONS = Definitions(
    [rows, split, best, daily, given, AssetSpec("elsewhere", group_name="out")],
    asset_checks=[some],
    jobs=[train_job],
    schedules=[
        ScheduleDefinition(job=train_job, cron_schedule="0 2 * * *", execution_timezone="Europe/Berlin")
    ],
    sensors=[looks],
    resources={"service": Service(token=EnvVar("SERVICE_TOKEN")), "limit": 3},
)


def described(definitions: Definitions = DEFINITIONS, coding: Coding = NO_CODING) -> Snapshot:
    return snapshot_of(
        definitions.project(),
        coding,
        code="file:p.py",
        root=Path(__file__).parent,
        made_at=7,
        seconds=0.5,
        world=World(),
    )


def read_again(snapshot: Snapshot) -> Snapshot:
    document = {"id": "", "made_at": snapshot.made_at, "seconds": snapshot.seconds, **snapshot.to_json()}
    return Snapshot.from_json(json.loads(json.dumps(document, allow_nan=False)))


def test_what_is_read_is_what_was_written() -> None:
    snapshot = described()
    again = read_again(snapshot)
    assert again.to_json() == snapshot.to_json()
    assert again.nodes == snapshot.nodes
    assert again.jobs == snapshot.jobs
    assert again.triggers == snapshot.triggers


def test_each_node_comes_after_what_it_is_made_from() -> None:
    nodes = described().nodes
    order = list(nodes)
    assert set(order) == {"elsewhere", "rows", "train", "test", "models/best", "daily", "given"}
    assert all(order.index(dep) < order.index(key) for key, node in nodes.items() for dep in node.deps)


def test_a_node_has_what_was_said_of_its_asset() -> None:
    node = described().nodes["rows"]
    assert (node.group, node.owners, node.tags, node.kinds) == (
        "raw",
        ["team:data"],
        {"tier": "gold"},
        ["pandas"],
    )
    assert (node.description, node.checks, node.unit, node.source) == ("All rows.", ["some"], "rows", False)
    nodes = described().nodes
    assert (nodes["train"].unit, nodes["train"].jobs, nodes["train"].deps) == (
        "split",
        ["train_job"],
        ["rows", "elsewhere"],
    )
    assert (nodes["elsewhere"].source, nodes["elsewhere"].unit, nodes["elsewhere"].group) == (
        True,
        None,
        "out",
    )
    assert {key: nodes[key].partitions for key in ("models/best", "daily", "given", "rows")} == {
        "models/best": 2,
        "daily": 31,
        "given": 3,
        "rows": None,
    }


def test_the_rest_is_in_words() -> None:
    assets = described().assets
    info = assets["rows"]
    assert (info.type, info.io_manager) == ("list[int]", "io_manager")
    assert (info.retention, info.freshness) == ("the newest 5 of those younger than 7d", "made within 1d")
    assert info.automation == "eager"
    assert [(entry.label, entry.type) for entry in info.metadata] == [
        ("limit", "int"),
        ("ratio", "float"),
        ("note", "md"),
    ]
    assert info.metadata[1].number == "NaN"
    assert [(check.name, check.blocking, check.description) for check in info.checks] == [
        ("some", True, "Not empty")
    ]
    assert info.source is not None
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    assert info.source.file == Path(__file__).name
    assert any("def rows" in line for line in lines[info.source.line - 1 : info.source.line + 14])
    assert assets["daily"].partitions == "each day from 2024-01-01 to 2024-02-01 (UTC)"
    assert assets["models/best"].partitions == "eu, us"
    assert assets["given"].partitions == "keys that a function gives"


def test_jobs_and_what_starts_them() -> None:
    snapshot = described()
    job = next(each for each in snapshot.jobs if each.name == "train_job")
    assert (job.assets, job.description, job.schedules) == (
        ["train", "test"],
        "Trains",
        ["train_job_schedule"],
    )
    assert [(each.name, each.kind, each.when) for each in snapshot.triggers] == [
        ("train_job_schedule", "schedule", "0 2 * * * (Europe/Berlin)"),
        ("looks", "sensor", "looks every 1m"),
    ]


def test_config_has_a_schema_and_defaults_without_secrets() -> None:
    snapshot = described()
    config = snapshot.configs["split"]
    assert config.schema["properties"]["depth"] == {
        "default": 3,
        "description": "How deep",
        "minimum": 1,
        "title": "Depth",
        "type": "integer",
    }
    assert config.schema["required"] == ["required"]
    assert config.defaults == {"depth": 3, "names": [], "key": {"env": "SECRET_KEY"}}
    service = snapshot.resources["service"]
    assert service.defaults == {"token": {"env": "SERVICE_TOKEN"}, "address": "https://example.com"}
    assert set(service.schema["properties"]) == {"token", "password", "address"}
    assert "limit" not in snapshot.resources
    assert "hunter2" not in json.dumps(snapshot.to_json())


class Odd:
    """A type that JSON schema cannot describe."""


class Strange(Config):
    model_config = ConfigDict(arbitrary_types_allowed=True)

    odd: Odd | None = None
    plain: int = 1


def test_a_type_that_json_cannot_describe_takes_anything() -> None:
    @asset
    def strange(config: Strange):
        return config

    config = described(Definitions([strange])).configs["strange"]
    assert config.schema["properties"]["plain"]["type"] == "integer"
    assert "odd" in config.schema["properties"]


def test_units_whose_partitions_a_function_gives_are_left_out() -> None:
    units = DEFINITIONS.project().units
    facts = {
        name: UnitFacts(
            name, "asset", (OutputFacts("result", name, "c"),), (), partitions=units[name].partitions
        )
        for name in ("daily", "given")
    }
    found = read_again(described(coding=Coding(facts, {}))).units
    assert list(found) == ["daily"]
    assert found["daily"].partitions == units["daily"].partitions


def test_ten_thousand_assets_are_described_and_read_in_a_second() -> None:
    def numbered(number: int) -> Any:
        return asset(name=f"a{number}", deps=[f"a{number - 1}"] if number % 10 else [])(lambda: number)

    definitions = Definitions([numbered(number) for number in range(10_000)])
    definitions.project()
    best = min(_seconds(definitions) for _ in range(3))
    assert best < 1.0


def _seconds(definitions: Definitions) -> float:
    began = time.process_time()
    snapshot = described(definitions)
    text = json.dumps(snapshot.to_json())
    seconds = time.process_time() - began
    assert len(snapshot.nodes) == 10_000
    assert AssetKey("a9999").to_user_string() in text
    return seconds
