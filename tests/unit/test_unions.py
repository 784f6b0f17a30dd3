"""api.md 1.5, discriminated unions, enums, Optional: how config says them, and how it is recorded."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from tidemill import Config, InvalidConfigError, InvalidInvocationError, RunConfig, asset, materialize
from tidemill.definitions.run_config import resolve_run_config


class Cat(Config):
    kind: Literal["cat"] = "cat"
    meows: int


class Dog(Config):
    kind: Literal["dog", "puppy"] = "dog"
    barks: float = 1.0
    name: str | None


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]


class Home(Config):
    pet: Cat | Dog = Field(discriminator="kind")
    others: list[Pet] = Field(default=[])
    rooms: dict[str, Pet] = Field(default={})
    guest: Pet | None = None


@asset
def home(config: Home) -> str:
    return repr(config)


def told(config: Any) -> str:
    run_config = RunConfig(ops={"home": config}) if isinstance(config, Config) else config
    value: str = materialize([home], run_config=run_config).output_for_node("home")
    return value


def test_a_members_name_stands_around_its_fields_or_among_them() -> None:
    around = {
        "pet": {"cat": {"meows": 3}},
        "others": [{"puppy": {}}, {"cat": {"meows": 1}}],
        "rooms": {"hall": {"dog": {"barks": 2}}},
        "guest": {"dog": {"name": "x"}},
    }
    among = {
        "pet": {"kind": "cat", "meows": 3},
        "others": [{"kind": "puppy"}, {"kind": "cat", "meows": 1}],
        "rooms": {"hall": {"kind": "dog", "barks": 2}},
        "guest": {"kind": "dog", "name": "x"},
    }
    made = Home(
        pet=Cat(meows=3),
        others=[Dog(kind="puppy"), Cat(meows=1)],
        rooms={"hall": Dog(barks=2)},
        guest=Dog(name="x"),
    )
    expected = repr(made)
    for given in (around, among):
        assert told({"ops": {"home": {"config": given}}}) == expected
    assert told(made) == expected
    recorded = RunConfig(ops={"home": made}).to_config_dict()["ops"]["home"]["config"]
    assert recorded["pet"] == {"cat": {"meows": 3}}
    assert recorded["others"][0] == {"puppy": {"barks": 1.0}}
    assert recorded["rooms"] == {"hall": {"dog": {"barks": 2.0}}}
    assert recorded["guest"] == {"dog": {"barks": 1.0, "name": "x"}}


def test_both_forms_are_the_same_config_in_force() -> None:
    result = [
        materialize([home], run_config={"ops": {"home": {"config": {"pet": pet}}}})
        for pet in ({"dog": {}}, {"kind": "dog", "barks": 1.0})
    ]
    assert result[0].output_for_node("home") == result[1].output_for_node("home")


@pytest.mark.parametrize(
    ("pet", "path", "text"),
    [
        ({"cat": {"meows": "x"}}, "root:ops:home:config:pet:cat:meows", 'expected type "Int"'),
        ({"cat": {}}, "root:ops:home:config:pet:cat:meows", "Missing required config entry"),
        ({"kind": "cat", "meows": "x"}, "root:ops:home:config:pet:meows", 'expected type "Int"'),
        ({"cow": {}}, "root:ops:home:config:pet", "kind"),
        ({"cat": {"meows": 1}, "dog": {}}, "root:ops:home:config:pet", "kind"),
    ],
)
def test_what_is_wrong_in_a_member_is_told_with_its_path(pet: Any, path: str, text: str) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        told({"ops": {"home": {"config": {"pet": pet}}}})
    ((where, message),) = caught.value.problems
    assert where == path
    assert text in message


def test_variables_are_read_in_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEOWS", "7")
    assert "meows=7" in told({"ops": {"home": {"config": {"pet": {"cat": {"meows": {"env": "MEOWS"}}}}}}})


class Size(Enum):
    SMALL = "s"
    LARGE = "l"


class Odd(Enum):
    A = "B"
    B = "A"


def test_enums_are_recorded_by_name_unless_another_member_is_meant_by_it() -> None:
    class Shirt(Config):
        size: Size
        odd: Odd = Odd.A

    plain = RunConfig(ops={"a": Shirt(size=Size.LARGE)}).to_config_dict()["ops"]["a"]["config"]
    assert plain == {"size": "LARGE", "odd": "B"}
    assert Shirt(**plain) == Shirt(size=Size.LARGE, odd=Odd.A)


def test_an_optional_field_may_be_left_out() -> None:
    class Base(Config):
        depth: int | None

    class Below(Base):
        name: str | None
        other: int

    assert (Base().depth, Below(other=1).name, Below(other=1, depth=2).depth) == (None, None, 2)


def test_an_assignment_says_what_to_do_instead() -> None:
    with pytest.raises(InvalidInvocationError) as caught:
        Cat(meows=1).meows = 2  # type: ignore[misc]
    assert "PrivateAttr" in (caught.value.next_step or "")


def test_a_default_instance_completes_what_is_given_of_it() -> None:
    class Holder(Config):
        cat: Cat = Cat(meows=5)
        dog: Dog = Dog(barks=9, name="rex")

    @asset
    def held(config: Holder) -> str:
        return repr((config.cat.meows, config.dog.barks, config.dog.name))

    def run(**config: Any) -> Any:
        return materialize([held], {"ops": {"held": {"config": config}}}).output_for_node("held")

    assert run() == "(5, 9.0, 'rex')"
    assert run(dog={"name": "x"}) == "(5, 9.0, 'x')"
    assert run(cat={"kind": "cat"}, dog={"barks": 1, "name": None}) == "(5, 1.0, None)"
    resolved = resolve_run_config(
        units=[held.unit], resources={}, raw={"ops": {"held": {"config": {"dog": {"name": "x"}}}}}
    )
    assert resolved.steps["held"] == {
        "cat": {"kind": "cat", "meows": 5},
        "dog": {"kind": "dog", "barks": 9.0, "name": "x"},
    }


def test_examples_name_the_member() -> None:
    with pytest.raises(InvalidConfigError) as caught:
        told({})
    assert "{'ops': {'home': {'config': {'pet': {'cat': {'meows': 0}}}}}}" in str(caught.value)
    with pytest.raises(InvalidConfigError) as caught:
        told({"ops": {"home": {"config": {"pet": {"dog": {}}, "pets": 1}}}})
    assert "Example: {'pet': {'cat': {'meows': 0}}, 'others': []," in str(caught.value)
