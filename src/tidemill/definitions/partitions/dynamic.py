"""Partitions whose keys come and go: those that a store keeps under a name, or that a function gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from tidemill.core.errors import InvalidDefinitionError
from tidemill.definitions.arguments import wrong_type
from tidemill.definitions.partitions.partitions import (
    DynamicKeys,
    PartitionsDefinition,
    checked_keys,
    no_dynamic_keys,
)
from tidemill.definitions.values import fill

if TYPE_CHECKING:
    from datetime import datetime


class AddDynamicPartitionsRequest(NamedTuple):
    """Keys that a sensor wants to be added."""

    partitions_def_name: str
    partition_keys: Sequence[str]


class DeleteDynamicPartitionsRequest(NamedTuple):
    """Keys that a sensor wants to be removed."""

    partitions_def_name: str
    partition_keys: Sequence[str]


class DynamicPartitionsDefinition(PartitionsDefinition):
    """Partitions whose keys are added and removed while the project lives.

    Args:
        partition_fn: Gives the keys, given the time; instead of a name.
        name: Under which a store keeps the keys: `instance.add_dynamic_partitions(name, keys)`.

    Raises:
        InvalidDefinitionError: Both were given, or neither.

    Example:
        >>> customers = DynamicPartitionsDefinition(name="customers")
        >>> customers.build_add_request(["ada"]).partition_keys
        ['ada']
    """

    partition_fn: Callable[[Any], Sequence[Any]] | None
    name: str | None

    def __init__(
        self,
        partition_fn: Callable[[Any], Sequence[Any]] | None = None,
        name: str | None = None,
    ) -> None:
        if (partition_fn is None) == (name is None):
            said = "Cannot provide both" if name is not None else "Must provide either"
            raise InvalidDefinitionError(
                f"{said} partition_fn {'and' if name is not None else 'or'} name: DynamicPartitionsDefinition",
                subject="DynamicPartitionsDefinition",
                found=f"name={name!r}, partition_fn={partition_fn!r}",
                expected="a name under which a store keeps the keys, or a function that gives them",
            )
        if name is not None and (not isinstance(name, str) or not name):
            raise wrong_type("DynamicPartitionsDefinition", "name", name, "a non-empty string")
        if partition_fn is not None and not callable(partition_fn):
            raise wrong_type("DynamicPartitionsDefinition", "partition_fn", partition_fn, "a function")
        fill(self, partition_fn, name)

    def get_partition_keys(
        self, current_time: datetime | None = None, dynamic_partitions_store: DynamicKeys | None = None
    ) -> Sequence[str]:
        """All keys, in the order in which they were added.

        Raises:
            InvalidDefinitionError: They are in a store, and none was given.
        """
        if self.partition_fn is not None:
            given = [getattr(each, "name", each) for each in self.partition_fn(current_time)]
            return list(checked_keys("DynamicPartitionsDefinition", given))
        if dynamic_partitions_store is None:
            raise no_dynamic_keys(self.name or "")
        return list(dynamic_partitions_store.get_dynamic_partitions(self.name or ""))

    def build_add_request(self, partition_keys: Sequence[str]) -> AddDynamicPartitionsRequest:
        """What a sensor returns to have keys added."""
        return AddDynamicPartitionsRequest(
            self._named(), list(checked_keys("build_add_request", partition_keys))
        )

    def build_delete_request(self, partition_keys: Sequence[str]) -> DeleteDynamicPartitionsRequest:
        """What a sensor returns to have keys removed."""
        return DeleteDynamicPartitionsRequest(
            self._named(), list(checked_keys("build_delete_request", partition_keys))
        )

    def _named(self) -> str:
        if self.name is None:
            raise InvalidDefinitionError(
                "Keys that a function gives cannot be added or removed",
                subject="DynamicPartitionsDefinition",
                found="partition_fn",
                expected="a definition with a name",
            )
        return self.name
