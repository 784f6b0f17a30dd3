"""I/O managers with typed fields. The only module of this package that loads pydantic."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, TypeVar

from tidemill.definitions.resources.resource_set import InitResourceContext
from tidemill.definitions.resources.resources import ConfigurableResource
from tidemill.io.managers import IOManager, IOManagerDefinition

T = TypeVar("T")


class ConfigurableIOManager(ConfigurableResource[Any], IOManager):
    """Base of I/O managers with fields; each run makes its own copy.

    Example:
        >>> class Csv(ConfigurableIOManager):
        ...     folder: str
        ...     def handle_output(self, context, obj):
        ...         obj.to_csv(f"{self.folder}/{context.asset_key.to_python_identifier()}.csv")
        ...     def load_input(self, context):
        ...         raise NotImplementedError
        >>> Csv(folder="/data").folder
        '/data'
    """


class ConfigurableIOManagerFactory(ConfigurableResource[T]):
    """Base of resources with fields whose value is an I/O manager of another class."""

    @abstractmethod
    def create_io_manager(self, context: InitResourceContext) -> Any:
        """The I/O manager of a run."""

    def create_resource(self, context: InitResourceContext) -> Any:
        """The I/O manager of a run."""
        return self.create_io_manager(context)


class ConfigurableLegacyIOManagerAdapter(ConfigurableIOManagerFactory[Any]):
    """Base of classes with fields around an I/O manager that a function makes: the fields are its config.

    Example:
        >>> @io_manager(config_schema={"base_dir": str})
        ... def files(context):
        ...     return FilesystemIOManager(context.resource_config["base_dir"])
        >>> class Files(ConfigurableLegacyIOManagerAdapter):
        ...     base_dir: str
        ...     @property
        ...     def wrapped_io_manager(self):
        ...         return files
        >>> Files(base_dir="/data").wrapped_io_manager
        IOManagerDefinition(files)
    """

    @property
    @abstractmethod
    def wrapped_io_manager(self) -> IOManagerDefinition:
        """What `@io_manager` made of the function."""

    def create_io_manager(self, context: InitResourceContext) -> Any:
        """What the function makes of the fields."""
        return self.wrapped_io_manager(context)
