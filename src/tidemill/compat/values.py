"""Loading values outside of any run, through the I/O managers of the definitions."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from tidemill.compat.instance import DagsterInstance
from tidemill.core.keys import AssetKey, CoercibleToAssetKey
from tidemill.definitions.project import Project
from tidemill.work.orders import RunInfo
from tidemill.work.outfit import Outfit
from tidemill.work.values import Values


class AssetValueLoader:
    """Loads the latest values of assets; a context manager that looks after the resources.

    Args:
        project: Tells which I/O manager an asset has.
        instance: The store; the project's by default.
    """

    def __init__(self, project: Project, instance: DagsterInstance | None = None) -> None:
        self._project = project
        self._given = instance
        self._stack = ExitStack()
        self._values: Values | None = None

    def __enter__(self) -> AssetValueLoader:
        instance = self._given or self._stack.enter_context(DagsterInstance.get())
        outfit = Outfit(self._stack, self._project, {}, RunInfo("", ""), lambda: instance)
        resources = outfit.provide(self._project.units.values())
        self._values = Values(self._project, instance.home, resources, instance=lambda: instance)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        self._values = None

    def load_asset_value(
        self,
        asset_key: CoercibleToAssetKey,
        *,
        python_type: type | None = None,
        partition_key: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Any:
        """The latest value of an asset.

        Raises:
            ValueNotStoredError: None is stored.
        """
        if self._values is None:
            with self:
                return self.load_asset_value(
                    asset_key, python_type=python_type, partition_key=partition_key, metadata=metadata
                )
        return self._values.load_latest(
            AssetKey.from_coercible(asset_key), partition_key, annotation=python_type, metadata=metadata or {}
        )
