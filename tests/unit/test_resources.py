"""Resources: set up once in the order of their needs, torn down in reverse, variables read in a run only."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest.mock import MagicMock, Mock, create_autospec

import pytest
from pydantic import PrivateAttr, ValidationError, field_validator, model_validator

from tidemill.core.errors import (
    CircularDependencyError,
    InvalidConfigError,
    InvalidDefinitionError,
    InvalidInvocationError,
    InvariantViolationError,
    ResourceError,
    UnknownResourceError,
)
from tidemill.core.secrets import MASK, mask
from tidemill.definitions.config.config import Config
from tidemill.definitions.config.env import EnvVar
from tidemill.definitions.resource_testing import build_init_resource_context, build_resources
from tidemill.definitions.resources.functions import ResourceDefinition, make_values_resource, resource
from tidemill.definitions.resources.resource_set import InitResourceContext, Resources, ResourceSet
from tidemill.definitions.resources.resources import ConfigurableResource, ResourceDependency, ResourceParam
from tidemill.definitions.run_config import RunConfig, resolve_run_config
from tidemill.definitions.units.signatures import read_signature

CANARY = "canary-of-the-database"


@pytest.fixture(autouse=True)
def variables(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("PASSWORD", CANARY)
    monkeypatch.setenv("PORT", "5432")
    monkeypatch.delenv("UNSET", raising=False)
    return monkeypatch


@pytest.fixture
def story() -> list[str]:
    return []


class Database(ConfigurableResource):
    password: str
    port: int = 1
    _connection: list[str] = PrivateAttr(default_factory=list)

    def setup_for_execution(self, context: InitResourceContext) -> None:
        self._connection.append(f"{self.password}:{self.port}")

    def teardown_after_execution(self, context: InitResourceContext) -> None:
        self._connection.clear()

    @property
    def connection(self) -> str:
        return self._connection[0]


class Repository(ConfigurableResource):
    database: Database
    table: str = "t"


# Definitions


def test_a_resource_is_a_frozen_model() -> None:
    database = Database(password="p")
    assert (database.port, repr(database)) == (1, "Database(password='p', port=1)")
    with pytest.raises(InvalidInvocationError, match="never changes"):
        database.port = 3  # type: ignore[misc]
    with pytest.raises(ValidationError, match="prot"):
        Database(password="p", prot=3)
    with pytest.raises(ValidationError, match="port"):
        Database(password="p", port="many")


def test_equality_and_pickle_follow_the_fields() -> None:
    assert Database(password="p") == Database(password="p", port=1) != Database(password="q")
    assert hash(Database(password="p")) == hash(Database(password="p", port=1))
    again = pickle.loads(pickle.dumps(Database(password=EnvVar("PASSWORD"))))
    with build_resources({"db": again}) as values:
        assert values.db.password == CANARY


def test_variables_are_names_until_a_run() -> None:
    database = Database(password=EnvVar("PASSWORD"), port=EnvVar.int("PORT"))
    assert repr(database) == "Database(password=EnvVar('PASSWORD'), port=EnvVar.int('PORT'))"
    assert CANARY not in f"{database} {database.model_dump()}"
    assert database.model_dump() == {"password": EnvVar("PASSWORD"), "port": EnvVar.int("PORT")}
    with pytest.raises(InvariantViolationError):
        f"{database.password}"


def test_a_run_reads_variables_and_never_shows_them() -> None:
    class Token(ConfigurableResource):
        token: str = EnvVar("PASSWORD")
        ports: list[int] = [1]  # noqa: RUF012  (pydantic copies defaults)

    with build_resources({"token": Token(ports=[EnvVar.int("PORT"), 2])}) as values:
        assert (values.token.token, values.token.ports) == (CANARY, [5432, 2])
        assert CANARY not in f"{values.token!r} {values.token} {values.token.model_dump()}"
        assert mask(f"password={values.token.token}") == f"password={MASK}"
        assert {"token": values.token.token} == {"token": CANARY}


def test_an_env_var_for_an_int_field_need_not_say_so() -> None:
    with build_resources({"db": Database(password="p", port=EnvVar("PORT"))}) as values:
        assert values.db.port == 5432


def test_the_definition_is_never_changed_by_a_run() -> None:
    database = Database(password="p")
    with build_resources({"db": database}) as values:
        assert values.db is not database
        assert (values.db.connection, database._connection) == ("p:1", [])


@pytest.mark.parametrize(
    ("fields", "path", "text"),
    [
        ({"password": EnvVar("UNSET")}, "password", 'environment variable "UNSET" which is not set'),
        (
            {"password": "p", "port": EnvVar.int("PASSWORD")},
            "port",
            '"PASSWORD" does not hold a value of type "Int"',
        ),
    ],
)
def test_a_variable_that_is_unset_or_unfit_names_itself(fields: Any, path: str, text: str) -> None:
    with (
        pytest.raises(InvalidConfigError) as caught,
        build_resources({"db": Database(**fields)}),
    ):
        pytest.fail("it was set up")
    ((where, message),) = caught.value.problems
    assert where == f"root:resources:db:config:{path}"
    assert text in message
    assert CANARY not in str(caught.value)


def test_validators_run_once_on_what_was_given_and_not_on_names() -> None:
    class Address(ConfigurableResource):
        host: str

        @field_validator("host")
        @classmethod
        def complete(cls, value: str) -> str:
            return f"https://{value}"

        @model_validator(mode="after")
        def check(self) -> Address:
            assert self.host
            return self

    address = Address(host="h")
    with build_resources({"plain": address, "read": Address(host=EnvVar("PASSWORD"))}) as values:
        assert (address.host, values.plain.host) == ("https://h", "https://h")
        assert values.read.host == f"https://{CANARY}"
        assert CANARY not in repr(values.read)


def test_an_init_of_the_users_own_is_kept_out_of_the_runs_copy() -> None:
    class Short(ConfigurableResource):
        path: str

        def __init__(self, name: str) -> None:
            super().__init__(path=f"/data/{name}")

    with build_resources({"short": Short("a")}) as values:
        assert values.short.path == "/data/a"


# Nested


def test_a_nested_resource_with_a_key_is_shared() -> None:
    database = Database(password=EnvVar("PASSWORD"))
    with build_resources({"repository": Repository(database=database), "database": database}) as values:
        assert values.repository.database is values.database
        assert values.database.connection == f"{CANARY}:1"


def test_a_nested_resource_without_a_key_is_set_up_with_its_owner() -> None:
    with build_resources({"repository": Repository(database=Database(password="p"))}) as values:
        nested = values.repository.database
        assert nested.connection == "p:1"
    assert nested._connection == []


def test_a_dependency_takes_the_value_of_any_resource() -> None:
    class Client(ConfigurableResource):
        limit: ResourceDependency[int]
        database: ResourceDependency[Database]

    @resource
    def seven() -> int:
        return 7

    with build_resources({"client": Client(limit=seven, database=Database(password="p"))}) as values:
        assert (values.client.limit, values.client.database.connection) == (7, "p:1")
    with build_resources({"client": Client(limit=3, database=Database(password="p"))}) as values:
        assert values.client.limit == 3


def test_a_nested_resource_may_be_configured_by_the_run() -> None:
    database = Database.configure_at_launch(port=2)
    resources = {"repository": Repository(database=database), "db": database}
    with build_resources(resources, resource_config={"db": {"config": {"password": "p"}}}) as values:
        assert values.repository.database.connection == "p:2"


# Config of a run


def run_config(resources: Any, raw: Any, **more: Any) -> Any:
    return resolve_run_config(
        units=(), resources=resources, raw={"resources": raw} if raw else None, keys=resources, **more
    )


def test_a_run_may_give_fields_over_those_defined() -> None:
    resources = {"db": Database(password="p", port=2)}
    resolved = run_config(resources, {"db": {"config": {"port": 3}}})
    assert resolved.resources == {"db": {"port": 3}}
    with ResourceSet(resources, resolved.resources, keys=["db"]) as values:
        assert values["db"].connection == "p:3"


def test_run_config_takes_a_resource() -> None:
    config = RunConfig(resources={"db": Database(password=EnvVar("PASSWORD"))})
    assert config.to_config_dict()["resources"] == {
        "db": {"config": {"password": {"env": "PASSWORD"}, "port": 1}}
    }


def test_config_at_launch_is_required_and_checked_before_the_run() -> None:
    resources = {"db": Database.configure_at_launch(port=2), "limit": 3}
    with pytest.raises(InvalidConfigError) as caught:
        run_config(resources, None)
    assert caught.value.problems == (
        (
            "root",
            (
                'Missing required config entry "resources" at the root. '
                "Example config for the missing entry: {'resources': {'db': {'config': {'password': '...'}}}}"
            ),
        ),
    )
    raw = {"db": {"config": {"password": 1, "prot": 2}}, "limit": {"config": {"x": 1}}, "bd": {}}
    with pytest.raises(InvalidConfigError) as caught:
        run_config(resources, raw)
    assert {path for path, _ in caught.value.problems} == {
        "root:resources:db:config:password",
        "root:resources:db:config:prot",
        "root:resources:limit:config",
        "root:resources:bd",
    }


def test_resources_that_nothing_needs_need_no_config() -> None:
    resources = {"db": Database.configure_at_launch()}
    assert resolve_run_config(units=(), resources=resources).resources == {}


def test_configure_at_launch_knows_the_fields() -> None:
    with pytest.raises(InvalidDefinitionError) as caught:
        Database.configure_at_launch(prot=3)
    assert (caught.value.subject, caught.value.next_step) == ("prot", "did you mean 'port'?")
    assert repr(Database.configure_at_launch(port=3)) == "Database.configure_at_launch(port=3)"


# Set-up and teardown


def telling(
    story: list[str], name: str, *, needs: set[str] = frozenset(), fails: str = ""
) -> ResourceDefinition:  # type: ignore[assignment]
    def make(context: InitResourceContext) -> Iterator[str]:
        if fails == "set up":
            raise RuntimeError(f"{name} cannot")
        story.append(f"+{name}")
        yield name
        story.append(f"-{name}")
        if fails == "torn down":
            raise RuntimeError(f"{name} cannot stop")

    return ResourceDefinition(make, required_resource_keys=needs)


def test_needs_come_first_and_go_last(story: list[str]) -> None:
    resources = {
        "a": telling(story, "a", needs={"b", "c"}),
        "b": telling(story, "b", needs={"c"}),
        "c": telling(story, "c"),
        "unneeded": telling(story, "unneeded"),
    }
    with ResourceSet(resources, {}, keys=["a"]) as values:
        assert dict(values) == {"a": "a", "b": "b", "c": "c"}
    assert story == ["+c", "+b", "+a", "-a", "-b", "-c"]


def test_what_was_set_up_is_torn_down_when_a_later_one_fails(story: list[str]) -> None:
    resources = {
        "a": telling(story, "a"),
        "b": telling(story, "b", fails="torn down"),
        "c": telling(story, "c", fails="set up"),
    }
    with pytest.raises(ResourceError) as caught:
        ResourceSet(resources, {}, keys=["a", "b", "c"]).start()
    assert story == ["+a", "+b", "-b", "-a"]
    assert (caught.value.subject, str(caught.value.__cause__)) == ("c", "c cannot")
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert "'b' could not be torn down" in caught.value.__notes__[0]


def test_a_failing_teardown_stops_no_other(story: list[str]) -> None:
    resources = {name: telling(story, name, fails="torn down" if name != "b" else "") for name in "abc"}
    opened = ResourceSet(resources, {}, keys="abc")
    opened.start()
    with pytest.raises(ResourceError) as caught:
        opened.close()
    assert story == ["+a", "+b", "+c", "-c", "-b", "-a"]
    assert (caught.value.subject, str(caught.value.__cause__)) == ("c", "c cannot stop")
    assert "'a' could not be torn down" in caught.value.__notes__[0]
    opened.close()


def test_the_error_of_the_run_is_not_replaced_by_that_of_a_teardown(story: list[str]) -> None:
    resources = {"a": telling(story, "a", fails="torn down")}
    with (
        pytest.raises(KeyboardInterrupt) as caught,
        ResourceSet(resources, {}, keys="a"),
    ):
        raise KeyboardInterrupt
    assert story == ["+a", "-a"]
    assert "'a' could not be torn down" in caught.value.__notes__[0]


def test_hooks_of_classes_are_called_once_in_order(story: list[str]) -> None:
    class Hooked(ConfigurableResource):
        name: str

        def setup_for_execution(self, context: InitResourceContext) -> None:
            story.append(f"+{self.name} for {context.run_id}")
            if self.name == "bad":
                raise ValueError("bad name")

        def teardown_after_execution(self, context: InitResourceContext) -> None:
            story.append(f"-{self.name}")

    class Run(NamedTuple):
        id: str

    resources = {"a": Hooked(name="a"), "bad": Hooked(name="bad")}
    with pytest.raises(ResourceError, match="bad name"):
        ResourceSet(resources, {}, keys=["a", "bad"], run=Run("r1")).start()
    assert story == ["+a for r1", "+bad for r1", "-a"]


@pytest.mark.parametrize("decorated", [True, False])
def test_yield_for_execution_gives_the_value(story: list[str], decorated: bool) -> None:
    def around(self: Any, context: InitResourceContext) -> Iterator[str]:
        story.append("+")
        yield f"client of {self.name}"
        story.append("-")

    class Client(ConfigurableResource[str]):
        name: str
        yield_for_execution = contextmanager(around) if decorated else around  # type: ignore[assignment]

    with build_resources({"client": Client(name="n")}) as values:
        assert values.client == "client of n"
        assert story == ["+"]
    assert story == ["+", "-"]


def test_missing_and_circular_needs_are_errors(story: list[str]) -> None:
    with pytest.raises(UnknownResourceError) as missing:
        ResourceSet({"database": 1}, {}, keys=["databse"]).start()
    assert (missing.value.subject, missing.value.next_step) == ("databse", "did you mean 'database'?")
    with pytest.raises(UnknownResourceError, match="which 'a' needs") as missing:
        ResourceSet({"a": telling(story, "a", needs={"zz"})}, {}, keys=["a"]).start()
    assert missing.value.subject == "zz"
    circle = {"a": telling(story, "a", needs={"b"}), "b": telling(story, "b", needs={"a"})}
    with pytest.raises(CircularDependencyError) as circular:
        ResourceSet(circle, {}, keys=["a"]).start()
    assert circular.value.path == ("a", "b", "a")


def test_plain_objects_are_their_own_value() -> None:
    thing = object()
    with build_resources({"thing": thing, "cls": Database, "n": None}) as values:
        assert (values.thing, values.cls, values.n) == (thing, Database, None)


# Functions


def test_a_function_is_given_config_and_needs() -> None:
    @resource(config_schema={"factor": int}, required_resource_keys={"base"}, description="d")
    def product(context: InitResourceContext) -> int:
        return context.resource_config["factor"] * context.resources.base  # type: ignore[no-any-return]

    config = {"p": {"config": {"factor": 3}}}
    with build_resources({"p": product, "base": 5}, resource_config=config) as values:
        assert values.p == 15
    with build_resources({"p": product.configured({"factor": 2}), "base": 5}) as values:
        assert values.p == 10
    with pytest.raises(InvalidConfigError, match="factor"):
        build_resources({"p": product, "base": 5}, resource_config={"p": {"config": {"factor": "3"}}})
    assert product(build_init_resource_context({"factor": 2}, {"base": 4})) == 8
    assert (product.description, product.required_resource_keys) == ("d", {"base"})


def test_a_functions_config_may_be_a_class() -> None:
    class Options(Config):
        factor: int = 4

    @resource(config_schema=Options)
    def factor(context: InitResourceContext) -> int:
        return context.resource_config["factor"]  # type: ignore[no-any-return]

    with build_resources({"f": factor}) as values:
        assert values.f == 4


def test_ready_made_definitions() -> None:
    resources = {
        "seven": ResourceDefinition.hardcoded_resource(7),
        "none": ResourceDefinition.none_resource(),
    }
    with build_resources(resources) as values:
        assert (values.seven, values.none) == (7, None)


def test_a_function_that_takes_more_than_the_context_is_refused() -> None:
    with pytest.raises(InvalidDefinitionError) as caught:
        resource(lambda context, more: None)
    assert "more" in (caught.value.found or "")
    with pytest.raises(InvalidDefinitionError) as caught:
        ResourceDefinition(lambda: 1, version="3")
    assert caught.value.subject == "version"
    with pytest.raises(InvalidDefinitionError, match="configured"):
        ResourceDefinition(lambda: 1).configured(lambda config: config)  # type: ignore[arg-type]


# What user code sees


def test_the_namespace_names_what_there_is() -> None:
    resources = Resources({"database": 1})
    assert (resources.database, hasattr(resources, "databse")) == (1, False)
    with pytest.raises(UnknownResourceError) as caught:
        _ = resources.databse
    assert isinstance(caught.value, AttributeError)
    assert (caught.value.subject, caught.value.expected) == ("databse", "database")
    assert caught.value.next_step == "did you mean 'database'?"


def test_parameters_are_known_as_resources() -> None:
    def fn(a: Database, b: ResourceParam[int], c: int) -> None: ...

    assert read_signature(fn, "fn").resources == ("a", "b")


def test_the_context_of_a_copy() -> None:
    database = Database(password="p")
    with pytest.raises(InvariantViolationError) as caught:
        database.get_resource_context()
    assert caught.value.subject == "Database"
    context = build_init_resource_context(instance="store")
    assert database.with_replaced_resource_context(context).get_resource_context() is context
    with build_resources({"db": database}, instance="store") as values:
        given = values.db.get_resource_context()
    assert (given.instance, given.run, given.run_id) == ("store", None, None)
    assert given.resource_config == {"password": "p", "port": 1}
    assert isinstance(given.log, logging.Logger)


def test_a_context_for_tests_sets_up_what_it_is_given() -> None:
    context = build_init_resource_context(
        config={"a": 1}, resources={"seven": ResourceDefinition.hardcoded_resource(7), "eight": 8}
    )
    assert (context.resources.seven, context.resources._asdict()) == (7, {"seven": 7, "eight": 8})
    with context as same:
        assert same.replace_config({"a": 2}).resource_config == {"a": 2}
        assert same.resource_config == {"a": 1}


def test_a_function_called_by_hand_sees_config_as_in_a_run() -> None:
    @resource(config_schema={"a": int, "b": str | None})
    def read(context: InitResourceContext) -> Any:
        return dict(context.resource_config)

    assert read(build_init_resource_context(config={"a": 1})) == {"a": 1, "b": None}
    assert read.configured({"a": 2})() == {"a": 2, "b": None}
    with pytest.raises(InvalidConfigError) as caught:
        read(build_init_resource_context(config={"a": "x"}))
    assert caught.value.problems[0][0] == "root:config:a"


def test_config_of_one_type_is_the_value_itself() -> None:
    text = ResourceDefinition.string_resource()
    with build_resources(
        {
            "t": text,
            "u": text.configured("u"),
            "n": resource(config_schema=[int])(lambda c: c.resource_config),
        },
        resource_config={"t": {"config": "x"}, "n": {"config": [1, 2]}},
    ) as values:
        assert values._asdict() == {"t": "x", "u": "u", "n": [1, 2]}
    with pytest.raises(InvalidConfigError) as caught:
        build_resources({"t": text}, resource_config={"t": {"config": 3}})
    ((path, told),) = caught.value.problems
    assert path == "root:resources:t:config"
    assert f'Invalid scalar at path {path}. Value "3"' in told
    assert told.endswith('is not valid for expected type "String".')
    with pytest.raises(InvalidConfigError) as caught:
        build_resources({"t": text}, resource_config={"t": {}})
    assert "Example config for the missing entry: {'config': '...'}" in caught.value.problems[0][1]


def test_values_and_mocks() -> None:
    resources = {
        "v": make_values_resource(a=str, b=int),
        "any": make_values_resource(),
        "m": ResourceDefinition.mock_resource(),
    }
    config = {"v": {"config": {"a": "x", "b": 1}}, "any": {"config": {"c": [1]}}}
    with build_resources(resources, resource_config=config) as values:
        assert (values.v, values.any) == ({"a": "x", "b": 1}, {"c": [1]})
        assert values.m.anything(1) is not None


def test_a_function_may_be_a_context_manager(story: list[str]) -> None:
    @resource
    @contextmanager
    def opened(context: InitResourceContext) -> Iterator[int]:
        story.append("open")
        yield 1
        story.append("closed")

    with build_resources({"r": opened}) as values:
        assert values.r == 1
    assert story == ["open", "closed"]


def test_a_function_may_make_a_resource_of_a_class() -> None:
    class Size(ConfigurableResource):
        n: int = 1

    @resource(config_schema=Size.to_config_schema())
    def made(context: InitResourceContext) -> Any:
        return Size.from_resource_context(context)

    @resource(config_schema=Database.to_config_schema())
    def managed(context: InitResourceContext) -> Iterator[Any]:
        with Database.from_resource_context_cm(context) as value:
            yield value

    config = {"a": {"config": {"n": 3}}, "b": {"config": {"password": "p"}}}
    with build_resources({"a": made, "b": managed}, resource_config=config) as values:
        assert (values.a.n, values.b.connection) == (3, "p:1")
    with pytest.raises(InvalidInvocationError, match="must be closed"):
        Database.from_resource_context(build_init_resource_context(config={"password": "p"}))


def test_initializing_by_hand() -> None:
    value = Repository(database=Database(password=EnvVar("PASSWORD"))).process_config_and_initialize()
    assert value.database.connection == f"{CANARY}:1"
    with Database(password="p").process_config_and_initialize_cm() as opened:
        assert opened.connection == "p:1"
    assert opened._connection == []

    class Closing(ConfigurableResource):
        @contextmanager
        def yield_for_execution(self, context: InitResourceContext) -> Iterator[int]:
            yield 1

    with pytest.raises(InvalidInvocationError, match="closed"):
        Closing().process_config_and_initialize()


@pytest.mark.parametrize(
    "stand_in",
    [Mock(spec=Database), MagicMock(spec=Database), create_autospec(Database, instance=True)],
    ids=["Mock", "MagicMock", "autospec"],
)
def test_a_mock_of_a_resource_is_a_plain_value(stand_in: Any) -> None:
    assert isinstance(stand_in, Database)
    with build_resources({"database": stand_in}) as values:
        assert values.database is stand_in
