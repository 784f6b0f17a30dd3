"""What a context says of the job, the definitions and the checks around its step: what few functions ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from tidemill.definitions.assets.assets import AssetChecksDefinition
from tidemill.definitions.specs.checks import AssetCheckSpec
from tidemill.definitions.units.unit import ComputeUnit
from tidemill.work.orders import StepOrder

if TYPE_CHECKING:
    import pdb


class JobAround(NamedTuple):
    """The job whose run a step belongs to, as far as a step knows it."""

    name: str
    tags: Mapping[str, str]


class RepositoryAround(NamedTuple):
    """The definitions around a step, as far as a step knows them.

    Attributes:
        name: The same for all.
        load_asset_value: Gives the latest value of any asset: `load_asset_value(key, partition_key=…)`.
    """

    load_asset_value: Callable[..., Any]
    name: str = "__repository__"


class Surroundings:
    """The job, the definitions and the checks around a step."""

    _order: StepOrder
    _unit: ComputeUnit

    @property
    def check_specs(self) -> list[AssetCheckSpec]:
        """The checks that this run asks the step for."""
        return [check for check in self._unit.checks if check.name in self._order.checks]

    @property
    def asset_checks_def(self) -> AssetChecksDefinition:
        """The definition that is running, of a check."""
        return AssetChecksDefinition(self._unit)

    @property
    def is_subset(self) -> bool:
        """Whether this run asks for less than all that the step can give."""
        asked, unit = self._order, self._unit
        return len(asked.outputs) < len(unit.outputs) or len(asked.checks) < len(unit.checks)

    @property
    def is_asset_step(self) -> bool:
        """Whether the step makes or observes assets."""
        return bool(self._unit.outputs)

    @property
    def job_def(self) -> JobAround:
        """The job: `.name`, `.tags`."""
        return JobAround(self._order.run.job_name, self._order.run.tags)

    @property
    def repository_def(self) -> RepositoryAround:
        """The definitions around the step: `.load_asset_value(key)`."""
        load: Callable[..., Any] = getattr(self, "load_asset_value")  # noqa: B009  (of the whole context)
        return RepositoryAround(load)

    @property
    def pdb(self) -> pdb.Pdb:
        """A debugger on the terminal: `context.pdb.set_trace()`. It needs a step that runs in this process."""
        import pdb  # noqa: PLC0415  (only who debugs)

        return pdb.Pdb()

    def describe_op(self) -> str:
        """The step, in words."""
        return f"step {self._unit.name!r}"
