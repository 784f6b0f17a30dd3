"""I/O managers as users write them: classes, functions, factories, and their settings."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from tidemill.core.errors import (
    InvalidConfigError,
    InvalidDefinitionError,
)
from tidemill.definitions.config.config import Config
from tidemill.definitions.config.env import EnvVar
from tidemill.definitions.resource_testing import build_resources
from tidemill.definitions.resources.resource_set import InitResourceContext
from tidemill.io.configurable import ConfigurableIOManager, ConfigurableIOManagerFactory
from tidemill.io.context_testing import build_input_context, build_output_context
from tidemill.io.contexts import InputContext, OutputContext
from tidemill.io.managers import (
    FilesystemIOManager,
    InMemoryIOManager,
    InputManager,
    IOManager,
    IOManagerDefinition,
    fs_io_manager,
    input_manager,
    io_manager,
    mem_io_manager,
)


class Prefixed(IOManager):
    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.kept: dict[str, Any] = {}

    def handle_output(self, context: OutputContext, obj: Any) -> None:
        self.kept[self.prefix + context.asset_key.to_user_string()] = obj

    def load_input(self, context: InputContext) -> Any:
        return self.kept[self.prefix + context.asset_key.to_user_string()]


def test_both_methods_must_be_written() -> None:
    class Half(IOManager):
        def load_input(self, context: InputContext) -> Any:
            return None

    with pytest.raises(TypeError, match="handle_output"):
        Half()  # type: ignore[abstract]


def test_a_class_with_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLDER", "/data/secret")

    class Csv(ConfigurableIOManager):
        folder: str
        separator: str = ","

        def handle_output(self, context: OutputContext, obj: Any) -> None:
            context.add_output_metadata({"folder": self.folder})

        def load_input(self, context: InputContext) -> Any:
            return self.folder

    assert isinstance(Csv(folder="x"), IOManager)
    with build_resources({"io_manager": Csv(folder=EnvVar("FOLDER"))}) as values:
        assert isinstance(values.io_manager, Csv)
        assert values.io_manager.load_input(build_input_context()) == "/data/secret"
    launched = Csv.configure_at_launch(separator=";")
    with build_resources({"io": launched}, resource_config={"io": {"config": {"folder": "y"}}}) as values:
        assert (values.io.folder, values.io.separator) == ("y", ";")

    class Half(ConfigurableIOManager):
        def load_input(self, context: InputContext) -> Any:
            return None

    with pytest.raises(TypeError, match="handle_output"):
        Half()  # type: ignore[abstract]


def test_a_factory_makes_the_manager() -> None:
    class Factory(ConfigurableIOManagerFactory[Prefixed]):
        prefix: str

        def create_io_manager(self, context: InitResourceContext) -> Prefixed:
            return Prefixed(self.prefix)

    with build_resources({"io_manager": Factory(prefix="p/")}) as values:
        values.io_manager.handle_output(build_output_context(asset_key="a"), 1)
        assert values.io_manager.kept == {"p/a": 1}


def test_a_function_bare_and_with_config_and_needs() -> None:
    @io_manager
    def bare() -> Prefixed:
        return Prefixed("")

    class Asking(Prefixed):
        def handle_output(self, context: OutputContext, obj: Any) -> None:
            self.kept[context.resources.database] = (context.resource_config["prefix"], obj)

    @io_manager(config_schema={"prefix": str}, required_resource_keys={"database"})
    def asking(context: InitResourceContext) -> Asking:
        return Asking(context.resource_config["prefix"])

    with build_resources({"bare": bare}) as values:
        assert type(values.bare) is Prefixed
    resources = {"asking": asking.configured({"prefix": "p"}), "database": "db"}
    with build_resources(resources) as values:
        assert isinstance(values.asking, IOManager)
        values.asking.handle_output(build_output_context(asset_key="a"), 5)
        assert values.asking.kept == {"db": ("p", 5)}
        values.asking.kept["pa"] = 6
        assert values.asking.load_input(build_input_context(asset_key="a")) == 6


def test_a_ready_made_manager() -> None:
    manager = Prefixed("")
    with build_resources({"io_manager": IOManagerDefinition.hardcoded_io_manager(manager)}) as values:
        assert values.io_manager is manager


def test_a_function_that_makes_no_manager_is_an_error() -> None:
    @io_manager
    def wrong() -> int:
        return 3

    with pytest.raises(InvalidDefinitionError) as caught, build_resources({"io": wrong}):
        pytest.fail("it was set up")
    assert caught.value.found == "an object of type int, without handle_output"


def test_an_input_manager_loads_by_a_function() -> None:
    @input_manager(required_resource_keys={"table"}, config_schema={"limit": int})
    def load(context: InputContext) -> Any:
        return context.resources.table, context.resource_config["limit"], context.asset_key.to_user_string()

    @input_manager
    def name(context: InputContext) -> str:
        return context.name

    resources = {"load": load.configured({"limit": 2}), "table": "t", "name": name}
    with build_resources(resources) as values:
        assert isinstance(values.load, InputManager)
        assert values.load.load_input(build_input_context(asset_key="a")) == ("t", 2, "a")
        assert values.name.load_input(build_input_context(name="n")) == "n"


def test_config_of_one_output_or_input_is_completed_and_checked() -> None:
    class Where(Config):
        path: str
        depth: int = 1

    class Telling(InMemoryIOManager):
        def handle_output(self, context: OutputContext, obj: Any) -> None:
            obj.append(context.config)

    @io_manager(output_config_schema=Where)
    def telling() -> IOManager:
        return Telling()

    @input_manager(input_config_schema=int)
    def given(context: InputContext) -> Any:
        return context.config

    with build_resources({"telling": telling, "given": given}) as values:
        told: list[Any] = []
        values.telling.handle_output(build_output_context(config={"path": "a"}), told)
        assert told == [{"path": "a", "depth": 1}]
        with pytest.raises(InvalidConfigError, match="path") as caught:
            values.telling.handle_output(build_output_context(step_key="g.o", config={"depth": 2}), told)
        assert caught.value.problems[0][0] == "root:ops:g:ops:o:outputs:result:path"
        assert values.given.load_input(build_input_context(name="n", config=3)) == 3
        assert values.given.load_input(build_input_context(name="n")) is None


def test_the_ready_definitions() -> None:
    resources = {"fs": fs_io_manager, "there": fs_io_manager.configured({"base_dir": "/there"})}
    with build_resources({**resources, "memory": mem_io_manager}) as values:
        assert isinstance(values.memory, InMemoryIOManager)
        assert values.fs.base_dir is None
        assert values.there.base_dir == "/there"
    with (
        pytest.raises(InvalidConfigError, match="bsae_dir"),
        build_resources({"fs": fs_io_manager.configured({"bsae_dir": "/"})}),
    ):
        pytest.fail("it was set up")


def test_the_base_and_the_contexts_load_no_pydantic() -> None:
    code = (
        "import sys, tidemill.io.managers as m, tidemill.io.context_testing as c, tidemill.definitions.config.env\n"
        "from tidemill.definitions.resources.resource_set import ResourceSet\n"
        "with ResourceSet({'io': m.mem_io_manager}, {}, keys=['io']) as v:\n"
        "    v['io'].handle_output(c.build_output_context(asset_key='a'), 1)\n"
        "assert 'pydantic' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_a_folder_from_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLDER", "/data/x")
    manager = FilesystemIOManager(EnvVar("FOLDER"))
    assert repr(manager) == "FilesystemIOManager(base_dir=EnvVar('FOLDER'))"
    assert str(manager.path(build_output_context(asset_key="a"))) == "/data/x/a"
    monkeypatch.delenv("FOLDER")
    with pytest.raises(InvalidConfigError) as caught:
        manager.path(build_output_context(asset_key="a"))
    assert caught.value.subject == "FOLDER"
