"""Config as users write it: classes, run config, all problems at once, variables by name until read."""

from __future__ import annotations

import json
import pickle
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, strategies as st
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator

from tidemill.core.errors import (
    InvalidConfigError,
    InvalidDefinitionError,
    InvalidInvocationError,
    InvariantViolationError,
)
from tidemill.core.secrets import MASK, mask
from tidemill.definitions.config.config import Config, PermissiveConfig
from tidemill.definitions.config.env import EnvVar
from tidemill.definitions.config.schemas import build_config
from tidemill.definitions.run_config import ResolvedConfig, RunConfig, resolve_run_config
from tidemill.definitions.units.unit import ComputeUnit

CANARY = "canary-in-the-coal-mine"


class Booster(Enum):
    TREE = "gbtree"
    LINEAR = "gblinear"


class Forest(Config):
    kind: Literal["forest"] = "forest"
    trees: int


class Line(Config):
    kind: Literal["line"] = "line"
    slope: float = 1.0


class Train(Config):
    s: str
    depth: int = 3
    rate: float = 0.1
    booster: Booster = Booster.TREE
    seeds: list[int] = []  # noqa: RUF012  (pydantic copies defaults)
    weights: dict[str, float] = {}  # noqa: RUF012  (as above)
    model: Annotated[Forest | Line, Field(discriminator="kind")] = Line()
    nested: Forest | None = None
    model_name: str = "m"  # a name that pydantic would warn of


class Given(Config):
    number: int | str = 0
    day: date = date(2024, 5, 1)
    place: Path = Path("here")
    pair: tuple[int, float] = (1, 2.0)
    careless: int = None  # type: ignore[assignment]  # as users write it


def step(name: str, config_type: Any, **more: Any) -> ComputeUnit:
    def fn(config: Any) -> None: ...

    return ComputeUnit(name, fn, config_name="config", config_type=config_type, **more)


def resolve(raw: Any, *units: ComputeUnit, **more: Any) -> ResolvedConfig:
    more = {"resources": {}, "job_name": "train_job", **more}
    return resolve_run_config(units=units or (step("ca", Train),), raw=raw, **more)


def refused(raw: Any, *units: ComputeUnit, **more: Any) -> InvalidConfigError:
    with pytest.raises(InvalidConfigError) as caught:
        resolve(raw, *units, **more)
    return caught.value


def config(**fields: Any) -> dict[str, Any]:
    return {"ops": {"ca": {"config": fields}}}


def messages(error: InvalidConfigError) -> dict[str, str]:
    found = dict(error.problems)
    assert len(found) == len(error.problems), error.problems
    return found


# Classes


def test_config_is_frozen_and_knows_its_fields() -> None:
    made = Train(s="x", booster="LINEAR", model={"kind": "forest", "trees": 3})
    assert (made.booster, made.model) == (Booster.LINEAR, Forest(trees=3))
    with pytest.raises(InvalidInvocationError, match="never changes"):
        made.depth = 9  # type: ignore[misc]
    with pytest.raises(ValidationError, match="zz"):
        Train(s="x", zz=1)


@pytest.mark.parametrize("given", [Booster.LINEAR, "gblinear", "LINEAR"])
def test_an_enum_is_given_by_member_value_or_name(given: Any) -> None:
    assert Train(s="x", booster=given).booster is Booster.LINEAR


def test_an_enums_value_wins_over_another_members_name() -> None:
    class Swapped(Enum):
        A = "B"
        B = "A"

    class C(Config):
        e: list[Swapped]

    assert C(e=["A", "B"]).e == [Swapped.B, Swapped.A]


def test_permissive_config_keeps_what_it_does_not_name() -> None:
    class Loose(PermissiveConfig):
        n: int = 1

    units = step("ca", Loose)
    steps = resolve(config(m=[1, "x"]), units).steps
    assert steps == {"ca": {"n": 1, "m": [1, "x"]}}
    assert build_config(Loose, steps["ca"]).m == [1, "x"]


def test_defaults_are_validated_but_none_may_stand_for_no_value() -> None:
    class Device(Config):
        device: str = "auto"

        @field_validator("device")
        @classmethod
        def pick(cls, value: str) -> str:
            return "cpu" if value == "auto" else value

    assert Device().device == "cpu"
    assert build_config(Device, resolve(None, step("ca", Device)).steps["ca"]).device == "cpu"
    assert Given().careless is None


# Run config


def test_run_config_takes_instances_and_dicts() -> None:
    run_config = RunConfig(
        ops={"ca": Train(s="x", booster=Booster.LINEAR, nested=Forest(trees=2)), "cb": {"config": {"n": 1}}},
        resources={"db": {"config": {"url": EnvVar("URL")}}},
    )
    plain = run_config.to_config_dict()
    assert plain["ops"]["cb"] == {"config": {"n": 1}}
    assert plain["resources"] == {"db": {"config": {"url": {"env": "URL"}}}}
    given = plain["ops"]["ca"]
    assert given["config"]["booster"] == "LINEAR"
    assert given["config"]["nested"] == {"kind": "forest", "trees": 2}
    assert json.loads(json.dumps(plain)) == plain
    assert RunConfig().to_config_dict() == {"ops": {}, "resources": {}, "loggers": {}, "execution": {}}


def test_instances_come_back_equal_through_run_config() -> None:
    made = Given(number="7", day=date(2020, 2, 29), place=Path("/a"), pair=(3, 4))
    steps = resolve(RunConfig(ops={"ca": made}), step("ca", Given)).steps
    assert build_config(Given, steps["ca"]) == made


@given(
    st.builds(
        Train,
        s=st.text(),
        depth=st.integers(),
        rate=st.floats(allow_nan=False),
        booster=st.sampled_from(Booster),
        seeds=st.lists(st.integers()),
        weights=st.dictionaries(st.text(), st.floats(allow_nan=False)),
        model=st.builds(Line, slope=st.floats(allow_nan=False)) | st.builds(Forest, trees=st.integers()),
        nested=st.none() | st.builds(Forest, trees=st.integers()),
    )
)
def test_any_instance_survives_being_recorded(made: Train) -> None:
    steps = resolve(RunConfig(ops={"ca": made})).steps
    assert build_config(Train, json.loads(json.dumps(steps["ca"]))) == made


def test_config_in_force_has_the_defaults_of_every_level() -> None:
    steps = resolve(config(s="x", nested={"trees": 4}, booster="LINEAR")).steps
    assert steps["ca"] == {
        "s": "x",
        "depth": 3,
        "rate": 0.1,
        "booster": "LINEAR",
        "seeds": [],
        "weights": {},
        "model": {"line": {"slope": 1.0}},
        "nested": {"kind": "forest", "trees": 4},
        "model_name": "m",
    }


def test_the_runs_fields_win_over_the_jobs_whole() -> None:
    job = config(s="job", depth=1, model={"kind": "forest", "trees": 3})
    steps = resolve(config(depth=2, model={"kind": "line"}), job_config=job).steps
    assert (steps["ca"]["s"], steps["ca"]["depth"]) == ("job", 2)
    assert steps["ca"]["model"] == {"line": {"slope": 1.0}}


def test_a_factory_gives_one_value_to_the_record_and_the_step() -> None:
    drawn = iter(range(9))

    class Seeded(Config):
        seed: int = Field(default_factory=lambda: next(drawn))

    steps = resolve(None, step("ca", Seeded)).steps
    assert build_config(Seeded, steps["ca"]).seed == steps["ca"]["seed"]


def test_what_is_recorded_is_what_was_given() -> None:
    raw = config(s="x", depth=5)
    resolved = resolve({**raw, "execution": {"config": {"n": 2}}, "loggers": {}})
    assert resolved.given == {**raw, "execution": {"config": {"n": 2}}, "loggers": {}}
    assert resolved.execution == {"config": {"n": 2}}


# Bad input


def test_all_of_ops_is_missing() -> None:
    error = refused(None)
    assert error.subject == "train_job"
    assert str(error).startswith("Error in config for job train_job")
    assert messages(error) == {
        "root": 'Missing required config entry "ops" at the root. '
        "Example config for the missing entry: {'ops': {'ca': {'config': {'s': '...'}}}}"
    }


@pytest.mark.parametrize(
    ("raw", "path", "text"),
    [
        ({"ops": {}}, "root:ops", 'Missing required config entry "ca" at path root:ops.'),
        ({"ops": {"ca": {}}}, "root:ops:ca", 'Missing required config entry "config" at path root:ops:ca.'),
        (config(), "root:ops:ca:config:s", 'Missing required config entry "s" at path root:ops:ca:config.'),
        (
            config(s="x", nested={}),
            "root:ops:ca:config:nested:trees",
            'Missing required config entry "trees" at path root:ops:ca:config:nested.',
        ),
        (
            config(s="x", zz=1),
            "root:ops:ca:config:zz",
            'Received unexpected config entry "zz" at path root:ops:ca:config.',
        ),
        (
            config(s="x", dept=1),
            "root:ops:ca:config:dept",
            "Did you mean 'depth'?",
        ),
        ({"ops": {"ca": {"s": "x"}}}, "root:ops:ca:s", 'Put it under "config": {"config": {\'s\': …}}'),
        ({**config(s="x"), "assets": {}}, "root:assets", 'unexpected config entry "assets" at the root'),
        ({**config(s="x"), "solids": {}}, "root:solids", "Known here: 'ops', 'resources'"),
        (
            {"ops": {"ca": {"config": {"s": "x"}}, "cab": {}}},
            "root:ops:cab",
            "unexpected config entry \"cab\" at path root:ops. Known here: 'ca'. Did you mean 'ca'?",
        ),
        ({"ops": 3}, "root:ops", 'Value "3" of type "<class \'int\'>" is no dict'),
        ({"ops": {"ca": 3}}, "root:ops:ca", "is no dict"),
        ({"ops": {"ca": {"config": 3}}}, "root:ops:ca:config", "is no dict"),
        (
            config(s=1),
            "root:ops:ca:config:s",
            (
                "Invalid scalar at path root:ops:ca:config:s. "
                'Value "1" of type "<class \'int\'>" is not valid for expected type "String".'
            ),
        ),
        (config(s="x", depth="3"), "root:ops:ca:config:depth", 'is not valid for expected type "Int".'),
        (config(s="x", depth="abc"), "root:ops:ca:config:depth", 'is not valid for expected type "Int".'),
        (config(s="x", depth=True), "root:ops:ca:config:depth", 'Value "True" of type "<class \'bool\'>"'),
        (config(s="x", rate="1"), "root:ops:ca:config:rate", 'is not valid for expected type "Float".'),
        (config(s="x", seeds=[1, "2"]), "root:ops:ca:config:seeds[1]", 'expected type "Int".'),
        (config(s="x", weights={"a": "b"}), "root:ops:ca:config:weights:a", 'expected type "Float".'),
        (
            config(s="x", booster="X"),
            "root:ops:ca:config:booster",
            "one of TREE ('gbtree'), LINEAR ('gblinear')",
        ),
        (config(s="x", model={"kind": "tree"}), "root:ops:ca:config:model", "'forest', 'line'"),
        (
            config(s="x", model={"kind": "forest", "trees": "3"}),
            "root:ops:ca:config:model:trees",
            'expected type "Int".',
        ),
    ],
)
def test_each_kind_of_mistake_is_told_with_its_path(raw: Any, path: str, text: str) -> None:
    found = messages(refused(raw))
    assert list(found) == [path]
    assert text in found[path]


def test_every_problem_is_told_at_once() -> None:
    raw = {**config(s=1, zz=2, depth="3", nested={"trees": 1.5, "more": 0}), "resources": {"db": {}}, "x": 1}
    assert set(messages(refused(raw))) == {
        "root:x",
        "root:resources:db",
        "root:ops:ca:config:s",
        "root:ops:ca:config:zz",
        "root:ops:ca:config:depth",
        "root:ops:ca:config:nested:trees",
        "root:ops:ca:config:nested:more",
    }


def test_a_number_or_text_takes_either_but_nothing_else() -> None:
    for value in ("7", 7):
        assert resolve(config(number=value), step("ca", Given)).steps["ca"]["number"] == value
    assert messages(refused(config(number=[1]), step("ca", Given))) == {
        "root:ops:ca:config:number": "Invalid scalar at path root:ops:ca:config:number. "
        'Value "[1]" of type "<class \'list\'>" is not valid for expected type "(Int | String)".'
    }


def test_an_int_is_a_float_and_text_is_a_path_or_a_date() -> None:
    raw = config(day="2020-02-29", place="/a/b", pair=[1, 2])
    built = build_config(Given, resolve(raw, step("ca", Given)).steps["ca"])
    assert (built.day, built.place, built.pair) == (date(2020, 2, 29), Path("/a/b"), (1, 2.0))


def test_users_validators_are_heard() -> None:
    class Checked(Config):
        low: int = 0
        high: int = 9

        @field_validator("low")
        @classmethod
        def even(cls, value: int) -> int:
            if value % 2:
                raise ValueError("low must be even")
            return value

        @model_validator(mode="after")
        def ordered(self) -> Checked:
            if self.low > self.high:
                raise ValueError("low is above high")
            return self

    assert messages(refused(config(low=1), step("ca", Checked))) == {
        "root:ops:ca:config:low": 'Invalid value at path root:ops:ca:config:low. Value "1" was given. '
        "low must be even"
    }
    assert "low is above high" in messages(refused(config(low=10), step("ca", Checked)))["root:ops:ca:config"]


def test_a_validator_that_breaks_is_a_problem_too() -> None:
    class Broken(Config):
        n: int

        @field_validator("n")
        @classmethod
        def lookup(cls, value: int) -> int:
            return {}[value]  # type: ignore[no-any-return]

    error = refused(config(n=1), step("ca", Broken))
    assert "raised KeyError" in messages(error)["root:ops:ca:config"]


def test_config_that_nobody_could_read_is_refused() -> None:
    unread = ComputeUnit("ca", lambda: None)
    assert messages(refused(config(n=1), unread)) == {
        "root:ops:ca:config": 'Received unexpected config entry "config" at path root:ops:ca. '
        "Nothing is expected here."
    }
    read = ComputeUnit("ca", lambda context: None, context=True)
    assert resolve(config(n=1), read).steps == {"ca": {"n": 1}}


def test_config_of_steps_that_are_left_out_is_none_of_this_runs_business() -> None:
    raw = {"ops": {"ca": {"config": {"s": "x"}}, "cb": {"config": {"whatever": 1}}}}
    assert set(resolve(raw, known_steps=["ca", "cb"]).steps) == {"ca"}


@pytest.mark.parametrize("raw", [[], "ops", 3])
def test_run_config_of_another_type_is_refused(raw: Any) -> None:
    error = refused(raw)
    assert (error.subject, error.found) == ("root", f"an object of type {type(raw).__name__}")


def test_what_cannot_be_recorded_is_refused() -> None:
    error = refused(config(s=object()))
    assert (error.subject, error.found) == ("root:ops:ca:config:s", "an object of type object")


def test_a_secret_in_run_config_is_refused_and_not_shown() -> None:
    class Login(Config):
        password: SecretStr

    with pytest.raises(InvalidConfigError) as caught:
        RunConfig(ops={"ca": Login(password=SecretStr(CANARY))}).to_config_dict()
    assert caught.value.subject == "root:ops:ca:config:password"
    assert CANARY not in str(caught.value)


# Dicts of types


def test_a_dict_of_types_describes_config_too() -> None:
    schema = {"n": int, "rate": float, "names": [str], "deep": {"flag": bool}, "maybe": str | None}
    unit = step("ca", schema)
    raw = {"n": 1, "rate": 1, "names": ["a"], "deep": {"flag": True}}
    steps = resolve(config(**raw), unit).steps
    assert build_config(schema, steps["ca"]) == {**raw, "rate": 1.0, "maybe": None}
    assert messages(refused(None, unit))["root"].endswith(
        "{'ops': {'ca': {'config': {'n': 0, 'rate': 0.0, 'names': [], 'deep': {'flag': True}}}}}"
    )
    assert set(messages(refused(config(**{**raw, "n": "1", "deep": {}}), unit))) == {
        "root:ops:ca:config:n",
        "root:ops:ca:config:deep:flag",
    }


def test_other_schema_objects_are_refused_with_the_class_to_write() -> None:
    class Noneable:
        pass

    with pytest.raises(InvalidDefinitionError) as caught:
        resolve(config(n=1), step("ca", {"n": Noneable()}))
    assert caught.value.subject == "ca.n"
    assert "class MyConfig(Config): n:" in (caught.value.next_step or "")


# Variables


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("TOKEN", CANARY)
    monkeypatch.setenv("DEPTH", "12")
    monkeypatch.delenv("UNSET", raising=False)
    return monkeypatch


def test_variables_stay_names_until_the_step_reads_them(variables: pytest.MonkeyPatch) -> None:
    raw = config(
        s={"env": "TOKEN"}, depth={"env": "DEPTH"}, seeds=[1, {"env": "DEPTH"}], rate={"env": "DEPTH"}
    )
    resolved = resolve(raw)
    assert CANARY not in json.dumps(resolved)
    assert resolved.steps["ca"]["s"] == {"env": "TOKEN"}
    built = build_config(Train, resolved.steps["ca"])
    assert (built.s, built.depth, built.seeds, built.rate) == (CANARY, 12, [1, 12], 12.0)
    assert CANARY not in f"{built!r} {built} {built.model_dump()} {[built.s]}"
    assert mask(f"said {built.s}") == f"said {MASK}"


def test_a_dict_that_looks_like_a_variable_stays_a_dict() -> None:
    steps = resolve(config(s="x", weights={"env": 2.0})).steps
    assert build_config(Train, steps["ca"]).weights == {"env": 2.0}


def test_env_vars_in_instances_travel_by_name(variables: pytest.MonkeyPatch) -> None:
    made = Train(s=EnvVar("TOKEN"), depth=EnvVar.int("DEPTH"))
    assert made.depth is not None
    resolved = resolve(RunConfig(ops={"ca": made}))
    assert (resolved.steps["ca"]["s"], resolved.steps["ca"]["depth"]) == ({"env": "TOKEN"}, {"env": "DEPTH"})
    assert build_config(Train, resolved.steps["ca"]).depth == 12


def test_all_unset_and_unfit_variables_are_told_without_their_values(variables: pytest.MonkeyPatch) -> None:
    raw = {"s": {"env": "UNSET"}, "depth": {"env": "TOKEN"}, "nested": {"trees": {"env": "UNSET"}}}
    with pytest.raises(InvalidConfigError) as caught:
        build_config(Train, resolve(config(**raw)).steps["ca"], "root:ops:ca:config")
    found = messages(caught.value)
    assert set(found) == {f"root:ops:ca:config:{field}" for field in ("s", "depth", "nested:trees")}
    assert 'environment variable "UNSET" which is not set' in found["root:ops:ca:config:s"]
    assert '"TOKEN" does not hold a value of type "Int"' in found["root:ops:ca:config:depth"]
    assert CANARY not in str(caught.value)


def test_validators_see_the_value_and_never_the_name(variables: pytest.MonkeyPatch) -> None:
    seen = []

    class Shouting(Config):
        s: str

        @field_validator("s")
        @classmethod
        def shout(cls, value: str) -> str:
            seen.append(value)
            return value.upper()

    steps = resolve(config(s={"env": "TOKEN"}), step("ca", Shouting)).steps
    assert seen == []
    built = build_config(Shouting, steps["ca"])
    assert (seen, built.s) == ([CANARY], CANARY.upper())
    assert CANARY.upper() not in repr(built)
    assert mask(CANARY.upper()) == MASK


def test_env_var_reads_when_asked(variables: pytest.MonkeyPatch) -> None:
    assert EnvVar("TOKEN").get_value() == CANARY
    assert EnvVar("UNSET").get_value() is None
    assert EnvVar("UNSET").get_value("default") == "default"
    assert EnvVar.int("DEPTH").get_value() == 12
    assert EnvVar.int("UNSET").get_value(4) == 4
    with pytest.raises(InvalidConfigError) as caught:
        EnvVar.int("TOKEN").get_value()
    assert (caught.value.subject, CANARY in str(caught.value)) == ("TOKEN", False)


def test_env_var_shows_its_name_and_refuses_to_be_text() -> None:
    variable = EnvVar("TOKEN")
    assert isinstance(variable, str)
    assert (repr(variable), repr(EnvVar.int("N"))) == ("EnvVar('TOKEN')", "EnvVar.int('N')")
    for as_text in (str, "{}".format, lambda v: f"Bearer {v}"):
        with pytest.raises(InvariantViolationError) as caught:
            as_text(variable)
        assert caught.value.subject == "TOKEN"
    for each in (variable, EnvVar.int("N")):
        again = pickle.loads(pickle.dumps(each))
        assert (type(again), again) == (type(each), each)
