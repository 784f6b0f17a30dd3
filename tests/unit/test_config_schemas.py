"""The schema that a form is made from: defaults at any depth, and no secret among them."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest
from pydantic import Field, SecretStr

from tidemill import Config, ConfigurableResource, Definitions, EnvVar, asset
from tidemill.server.workshop.config_schemas import resource_configs, unit_configs

CANARY = "canary-c0ffee"


class Inner(Config):
    depth: int = 3
    token: SecretStr = SecretStr(CANARY)


class Ridge(Config):
    kind: Literal["ridge"] = "ridge"
    alpha: float = 1.0


class Forest(Config):
    kind: Literal["forest"] = "forest"
    inner: Inner = Inner(depth=7)


class Training(Config):
    model: Ridge | Forest = Field(default=Ridge(alpha=2.0), discriminator="kind")
    several: tuple[Ridge, ...] = (Ridge(alpha=3.0),)
    host: str = "localhost"
    secret: Inner = Inner(depth=9)


class Service(ConfigurableResource[Any]):
    host: str = "localhost"
    inner: Inner = Inner(depth=5)
    password: str = EnvVar("SERVICE_PASSWORD")


@asset
def trained(config: Training, service: Service) -> None: ...


@pytest.fixture
def defs() -> Definitions:
    return Definitions([trained], resources={"service": Service()})


def test_what_lies_within_a_field_has_its_default_in_the_schema(defs: Definitions) -> None:
    found = unit_configs(defs.project())["trained"]
    within = {name: each["properties"] for name, each in found.schema["$defs"].items()}
    assert within["Ridge"]["alpha"]["default"] == 1.0
    assert within["Inner"]["depth"]["default"] == 3
    assert found.schema["properties"]["several"]["default"] == [{"kind": "ridge", "alpha": 3.0}]
    assert (found.defaults["model"], found.defaults["host"]) == ({"kind": "ridge", "alpha": 2.0}, "localhost")


def test_no_secret_is_a_default_at_any_depth(defs: Definitions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_PASSWORD", CANARY)
    project = defs.project()
    for found in (*unit_configs(project).values(), *resource_configs(project).values()):
        assert CANARY not in json.dumps([found.schema, found.defaults])
    service = resource_configs(project)["service"]
    assert service.defaults["host"] == "localhost"
    assert service.defaults["password"] == {"env": "SERVICE_PASSWORD"}
