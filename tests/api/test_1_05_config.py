"""Section 1.5: config, resources, and how a run is configured."""

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, Optional, Union

import pytest
from pydantic import Field, PrivateAttr, field_validator

from tidemill import (
    AssetExecutionContext,
    Config,
    ConfigurableIOManager,
    ConfigurableIOManagerFactory,
    ConfigurableResource,
    DagsterInstance,
    DagsterInvalidConfigError,
    DagsterInvalidDefinitionError,
    Definitions,
    EnvVar,
    InitResourceContext,
    InMemoryIOManager,
    IOManager,
    PermissiveConfig,
    ResourceDependency,
    ResourceParam,
    RunConfig,
    asset,
    build_init_resource_context,
    build_resources,
    graph,
    job,
    materialize,
    op,
    resource,
)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Inner(Config):
    depth: int = 3


class Cat(Config):
    kind: Literal["cat"] = "cat"
    lives: int = 9


class Dog(Config):
    kind: Literal["dog"] = "dog"
    tricks: int = 0


class Whole(Config):
    n: int
    name: str = Field(default="x", description="of it")
    inner: Inner = Inner()
    maybe: Optional[int] = None  # noqa: UP045
    many: list[int] = Field(default=[])
    by_name: dict[str, int] = Field(default={})
    choice: Literal["a", "b"] = "a"
    colour: Colour = Colour.RED
    pet: Union[Cat, Dog] = Field(default=Cat(), discriminator="kind")  # noqa: UP007


@asset
def ca(config: Whole) -> Any:
    return config


def run(config: dict[str, Any]) -> Whole:
    return materialize([ca], run_config={"ops": {"ca": {"config": config}}}).asset_value("ca")


def error(config: Any, **how: Any) -> str:
    with pytest.raises(DagsterInvalidConfigError) as caught:
        materialize([ca], run_config=config, **how)
    return str(caught.value)


# --- Config -----------------------------------------------------------------------------------------------------------


def test_Config_fields_of_every_kind() -> None:
    found = run(
        {
            "n": 1,
            "inner": {"depth": 5},
            "maybe": 2,
            "many": [1, 2],
            "by_name": {"k": 1},
            "choice": "b",
            "colour": "BLUE",
            "pet": {"dog": {"tricks": 4}},
        }
    )
    assert (found.n, found.name, found.inner.depth, found.maybe) == (1, "x", 5, 2)
    assert (found.many, found.by_name, found.choice, found.colour) == ([1, 2], {"k": 1}, "b", Colour.BLUE)
    assert isinstance(found.pet, Dog)
    assert found.pet.tricks == 4


def test_Config_defaults() -> None:
    found = run({"n": 1})
    assert (found.maybe, found.many, found.inner, found.pet) == (None, [], Inner(), Cat())


def test_Config_instances_are_frozen() -> None:
    config = Whole(n=1)
    with pytest.raises(Exception, match="n"):
        config.n = 2


def test_Config_validators_run() -> None:
    class Checked(Config):
        n: int

        @field_validator("n")
        @classmethod
        def positive(cls, value: int) -> int:
            if value <= 0:
                raise ValueError("not positive")
            return value

    @asset
    def a(config: Checked) -> int:
        return config.n

    with pytest.raises(Exception, match="not positive"):
        materialize([a], run_config={"ops": {"a": {"config": {"n": 0}}}})
    with pytest.raises(ValueError, match="not positive"):
        Checked(n=-1)


def test_Config_other_keys_are_refused() -> None:
    text = error({"ops": {"ca": {"config": {"n": 1, "zz": 2}}}})
    assert 'Received unexpected config entry "zz" at path root:ops:ca:config' in text
    assert "Error in config for job" in text
    with pytest.raises(ValueError, match="zz"):
        Whole(n=1, zz=2)  # type: ignore[call-arg]


def test_Config_a_missing_entry_is_named_with_an_example() -> None:
    text = error({})
    assert 'Missing required config entry "ops" at the root' in text
    assert "Example config for the missing entry" in text
    assert "'ca'" in text or '"ca"' in text


def test_Config_a_value_of_another_type_is_named_with_its_path() -> None:
    text = error({"ops": {"ca": {"config": {"n": 1, "name": 1}}}})
    assert "Invalid scalar at path root:ops:ca:config:name" in text
    assert 'Value "1" of type "<class \'int\'>" is not valid for expected type "String"' in text
    assert '"Int"' in error({"ops": {"ca": {"config": {"n": "text"}}}})


def test_Config_a_root_key_assets_is_refused() -> None:
    assert "assets" in error({"assets": {"ca": {"config": {"n": 1}}}})


def test_Config_a_field_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_THE_TEST_NAME", "from outside")
    monkeypatch.setenv("OF_THE_TEST_N", "12")
    found = run({"n": {"env": "OF_THE_TEST_N"}, "name": {"env": "OF_THE_TEST_NAME"}})
    assert (found.n, found.name) == (12, "from outside")


def test_Config_of_an_op_in_a_graph_has_the_path_of_the_graph() -> None:
    @op
    def o(config: Inner) -> int:
        return config.depth

    @graph
    def g() -> int:
        return o()

    @job
    def whole() -> None:
        g()

    config = {"ops": {"g": {"ops": {"o": {"config": {"depth": 8}}}}}}
    assert whole.execute_in_process(config).output_for_node("g.o") == 8


def test_PermissiveConfig_keeps_other_keys() -> None:
    class Open(PermissiveConfig):
        n: int

    @asset
    def a(config: Open) -> Any:
        return config.n, config.other  # type: ignore[attr-defined]

    result = materialize([a], run_config={"ops": {"a": {"config": {"n": 1, "other": "o"}}}})
    assert result.asset_value("a") == (1, "o")
    assert Open(n=1, zz=2).zz == 2  # type: ignore[attr-defined, call-arg]


def test_RunConfig_is_taken_and_written_out() -> None:
    config = RunConfig(ops={"ca": Whole(n=4)})
    assert materialize([ca], run_config=config).asset_value("ca").n == 4
    written = RunConfig(
        ops={"ca": Inner(depth=1)},
        resources={"r": {"config": {"u": "x"}}},
        loggers={"console": {"config": {}}},
        execution={"config": {}},
    ).to_config_dict()
    assert written["ops"]["ca"]["config"] == {"depth": 1}
    assert written["resources"] == {"r": {"config": {"u": "x"}}}
    assert set(written) == {"ops", "resources", "loggers", "execution"}
    assert RunConfig().to_config_dict().get("ops", {}) == {}


def test_RunConfig_of_a_resource() -> None:
    class Res(ConfigurableResource):
        url: str

    @asset
    def a(r: Res) -> str:
        return r.url

    config = RunConfig(resources={"r": Res(url="given")})
    result = materialize([a], resources={"r": Res.configure_at_launch()}, run_config=config)
    assert result.asset_value("a") == "given"


# --- ConfigurableResource ---------------------------------------------------------------------------------------------


class Client(ConfigurableResource):
    url: str
    tries: int = 1
    _log: list[str] = PrivateAttr(default_factory=list)

    def setup_for_execution(self, context: InitResourceContext) -> None:
        self._log.append("setup")

    def teardown_after_execution(self, context: InitResourceContext) -> None:
        CLOSED.append([*self._log, self.url])


CLOSED: list[Any] = []


def test_ConfigurableResource_is_set_up_and_torn_down() -> None:
    @asset
    def a(client: Client) -> Any:
        return client.url, client.tries, list(client._log)

    CLOSED.clear()
    result = materialize([a], resources={"client": Client(url="u", tries=2)})
    assert result.asset_value("a") == ("u", 2, ["setup"])
    assert CLOSED == [["setup", "u"]]


def test_ConfigurableResource_is_torn_down_after_a_failure() -> None:
    @asset
    def a(client: Client) -> None:
        raise ZeroDivisionError

    CLOSED.clear()
    assert not materialize([a], resources={"client": Client(url="u")}, raise_on_error=False).success
    assert CLOSED == [["setup", "u"]]


def test_ConfigurableResource_yield_for_execution() -> None:
    order = []

    class Own(ConfigurableResource):
        @contextmanager
        def yield_for_execution(self, context: InitResourceContext) -> Iterator["Own"]:
            order.append("open")
            yield self
            order.append("close")

    @asset
    def a(own: Own) -> None:
        order.append("use")

    materialize([a], resources={"own": Own()})
    assert order == ["open", "use", "close"]


def test_ConfigurableResource_configure_at_launch() -> None:
    @asset
    def a(client: Client) -> Any:
        return client.url, client.tries

    launched = {"client": Client.configure_at_launch(tries=7)}
    config = {"resources": {"client": {"config": {"url": "late"}}}}
    assert materialize([a], resources=launched, run_config=config).asset_value("a") == ("late", 7)
    with pytest.raises(DagsterInvalidConfigError, match="client"):
        materialize([a], resources=launched)


def test_ConfigurableResource_get_resource_context() -> None:
    class Own(ConfigurableResource):
        def level(self) -> Any:
            context = self.get_resource_context()
            context.log.info("told")
            return context.run_id if hasattr(context, "run_id") else context.run.run_id

    @asset
    def a(own: Own) -> Any:
        return own.level()

    result = materialize([a], resources={"own": Own()})
    assert result.asset_value("a") == result.run_id


def test_ConfigurableResource_process_config_and_initialize(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_THE_TEST_URL", "resolved")
    ready = Client(url=EnvVar("OF_THE_TEST_URL")).process_config_and_initialize()
    assert ready.url == "resolved"


def test_ConfigurableResource_with_replaced_resource_context() -> None:
    class Own(ConfigurableResource):
        def instance_of(self) -> Any:
            return self.get_resource_context().instance

    with DagsterInstance.ephemeral() as instance:
        context = build_init_resource_context(instance=instance)
        assert Own().with_replaced_resource_context(context).instance_of() is instance


def test_ConfigurableResource_nested_resources() -> None:
    class Outer(ConfigurableResource):
        client: Client
        prefix: str = "p"

    @asset
    def a(outer: Outer) -> str:
        return f"{outer.prefix} {outer.client.url}"

    shared = Client(url="u")
    assert materialize([a], resources={"outer": Outer(client=shared)}).asset_value("a") == "p u"
    late = Client.configure_at_launch()
    config = {"resources": {"client": {"config": {"url": "late"}}}}
    result = materialize([a], resources={"client": late, "outer": Outer(client=late)}, run_config=config)
    assert result.asset_value("a") == "p late"


def test_ConfigurableResource_that_is_missing_is_named() -> None:
    @asset(required_resource_keys={"r"})
    def ra() -> None: ...

    with pytest.raises(DagsterInvalidDefinitionError, match="resource with key 'r' required by op 'ra'"):
        Definitions([ra]).get_implicit_global_asset_job_def()


def test_ResourceDependency_takes_what_a_function_style_resource_gives() -> None:
    @resource(config_schema={"n": int})
    def number(context: InitResourceContext) -> int:
        return context.resource_config["n"]

    class Outer(ConfigurableResource):
        n: ResourceDependency[int]

    @asset
    def a(outer: Outer) -> int:
        return outer.n

    own = number.configured({"n": 3})
    result = materialize([a], resources={"number": own, "outer": Outer(n=own)})
    assert result.asset_value("a") == 3


def test_ResourceParam_takes_any_object() -> None:
    @asset
    def a(anything: ResourceParam[dict]) -> Any:
        return anything["k"]

    assert materialize([a], resources={"anything": {"k": 4}}).asset_value("a") == 4


def test_ConfigurableIOManager_is_a_resource_and_a_manager() -> None:
    kept: dict[str, Any] = {}

    class Own(ConfigurableIOManager):
        prefix: str

        def handle_output(self, context: Any, obj: Any) -> None:
            kept[self.prefix + context.asset_key.to_user_string()] = obj

        def load_input(self, context: Any) -> Any:
            return kept[self.prefix + context.asset_key.to_user_string()]

    @asset
    def a() -> int:
        return 1

    @asset
    def b(a: int) -> int:
        return a + 1

    assert materialize([a, b], resources={"io_manager": Own(prefix="p/")}).success
    assert kept == {"p/a": 1, "p/b": 2}


def test_ConfigurableIOManagerFactory_creates_the_manager() -> None:
    made = []

    class Factory(ConfigurableIOManagerFactory):
        name: str

        def create_io_manager(self, context: InitResourceContext) -> IOManager:
            made.append(self.name)
            return InMemoryIOManager()

    @asset
    def a() -> int:
        return 1

    @asset
    def b(a: int) -> int:
        return a + 1

    result = materialize([a, b], resources={"io_manager": Factory(name="n")})
    assert result.asset_value("b") == 2
    assert made[0] == "n"


# --- InitResourceContext, builders, EnvVar ----------------------------------------------------------------------------


def test_InitResourceContext_in_a_run() -> None:
    seen: dict[str, Any] = {}

    @resource(config_schema={"n": int}, required_resource_keys={"other"})
    def number(context: InitResourceContext) -> int:
        context.log.info("told")
        seen.update(
            config=context.resource_config,
            other=context.resources.other,
            instance=context.instance,
            run=context.run.run_id,
            dagster_run=context.dagster_run.run_id,
        )
        return 1

    @asset(required_resource_keys={"number"})
    def a() -> int:
        return 1

    with DagsterInstance.ephemeral() as instance:
        resources = {"number": number.configured({"n": 2}), "other": "o"}
        result = materialize([a], resources=resources, instance=instance)
        assert seen.pop("instance") is not None
    assert seen == {"config": {"n": 2}, "other": "o", "run": result.run_id, "dagster_run": result.run_id}


def test_build_init_resource_context_arguments() -> None:
    with DagsterInstance.ephemeral() as instance:
        context = build_init_resource_context(config={"n": 1}, resources={"r": "res"}, instance=instance)
        assert isinstance(context, InitResourceContext)
        assert context.resource_config == {"n": 1}
        assert context.resources.r == "res"
        assert context.instance is instance


def test_build_resources_opens_and_closes() -> None:
    CLOSED.clear()
    with DagsterInstance.ephemeral() as instance:
        given = {"client": Client(url="u"), "plain": 3}
        with build_resources(given, instance=instance) as resources:
            assert (resources.client.url, resources.plain) == ("u", 3)
        assert CLOSED == [["setup", "u"]]


def test_build_resources_resource_config() -> None:
    @resource(config_schema={"n": int})
    def number(context: InitResourceContext) -> int:
        return context.resource_config["n"]

    config = {"number": {"config": {"n": 6}}}
    with build_resources({"number": number}, resource_config=config) as resources:
        assert resources.number == 6


def test_EnvVar_is_a_text_that_is_resolved_at_run_time(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(url=EnvVar("OF_THE_TEST_URL"), tries=EnvVar.int("OF_THE_TEST_TRIES"))

    @asset
    def a(client: Client) -> Any:
        return client.url, client.tries

    monkeypatch.setenv("OF_THE_TEST_URL", "v")
    monkeypatch.setenv("OF_THE_TEST_TRIES", "5")
    assert isinstance(EnvVar("OF_THE_TEST_URL"), str)
    assert materialize([a], resources={"client": client}).asset_value("a") == ("v", 5)


def test_EnvVar_get_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_THE_TEST_URL", "v")
    assert EnvVar("OF_THE_TEST_URL").get_value() == "v"
    monkeypatch.delenv("OF_THE_TEST_URL")
    assert EnvVar("OF_THE_TEST_URL").get_value() is None
    assert EnvVar("OF_THE_TEST_URL").get_value("other") == "other"


def test_EnvVar_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OF_THE_TEST_URL", raising=False)

    @asset
    def a(context: AssetExecutionContext, client: Client) -> Any: ...

    with pytest.raises(
        DagsterInvalidConfigError, match='environment variable "OF_THE_TEST_URL" which is not set'
    ):
        materialize([a], resources={"client": Client(url=EnvVar("OF_THE_TEST_URL"))})
