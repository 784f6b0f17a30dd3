"""I/O managers with typed fields. The only module of this package that loads pydantic."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, TypeVar

from tidemill.definitions.resource_set import InitResourceContext
from tidemill.definitions.resources import ConfigurableResource
from tidemill.io.managers import IOManager

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
