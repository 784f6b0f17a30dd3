"""The form of a run: what its steps and resources take, what they were last given, what is wrong with what is typed.

In a process with the user's code: config classes have validators of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tidemill.core.errors import InvalidConfigError
from tidemill.core.records import Version
from tidemill.definitions.graphs.op_jobs import OpJob
from tidemill.definitions.partitions.partitions import PartitionsDefinition, World
from tidemill.definitions.units.unit import ComputeUnit
from tidemill.execution.launch import Prepared, prepare, with_config, world_of
from tidemill.home import Home
from tidemill.server.models import Checked, ConfigCheck, FieldProblem, LaunchForm, LaunchUnit, RunRequest
from tidemill.server.workshop.config_schemas import config_of_unit, resource_configs
from tidemill.server.workshop.launching import Stock, job_of, request_for
from tidemill.work.outfit import resource_keys

NEWEST = 100
"""Keys of partitions that a form lists."""

MOST_LOOKED_AT = 500
"""Steps whose newest version is looked at for what they were last given."""


def form_of(stock: Stock, selection: str | None, assets: list[str] | None, job: str | None) -> LaunchForm:
    """What a run of some assets, or of a job, can be given.

    Raises:
        TidemillError: There is no such run.
    """
    home = stock.open_home()
    try:
        prepared, world = _planned(stock, selection, assets, job, {}, home)
        units = prepared.units
        last = _last(prepared.wholes, home)
        definition = next((unit.partitions for unit in units if unit.partitions is not None), None)
        total, keys = _keys(definition, world)
        return LaunchForm(
            assets=[o.spec.key.text for unit in units for o in unit.outputs],
            steps=len(units),
            units=[form for unit in units if (form := _unit_form(unit, last.ops)) is not None],
            resources=_resource_forms(prepared, last.resources),
            partitions=keys,
            partitions_total=total,
            last_run=last.run,
        )
    finally:
        home.close()


def checked(stock: Stock, asked: ConfigCheck) -> Checked:
    """What is wrong with a config: each problem with its path.

    Raises:
        TidemillError: There is no such run.
    """
    home = stock.open_home()
    try:
        prepared, _ = _planned(stock, asked.selection, asked.assets, asked.job, asked.config, home)
        with_config(prepared)
    except InvalidConfigError as error:
        problems = error.problems or (("root", error.problem),)
        return Checked(problems=[FieldProblem(path=path, message=text) for path, text in problems])
    finally:
        home.close()
    return Checked(problems=[])


def _planned(
    stock: Stock,
    selection: str | None,
    assets: list[str] | None,
    name: str | None,
    config: Mapping[str, Any],
    home: Home,
) -> tuple[Prepared, World]:
    """The run without its config; its partitions are still to be chosen."""
    job = job_of(stock, name)
    asked = RunRequest(selection=selection, assets=assets, job=name, config=dict(config), partitions=None)
    request = request_for(stock, job, asked)
    world = world_of(job.project, home)
    ops = selection.split() if selection and isinstance(job.declared, OpJob) else None
    return prepare(job.part(ops), request, world, check_config=False), world


def _unit_form(unit: ComputeUnit, last: Mapping[str, Any]) -> LaunchUnit | None:
    info = config_of_unit(unit)
    if info is None:
        return None
    return LaunchUnit(
        unit=unit.name,
        assets=[output.spec.key.text for output in unit.outputs],
        schema=dict(info.schema),
        defaults=dict(info.defaults),
        last=last.get(unit.name),
    )


def _resource_forms(prepared: Prepared, last: Mapping[str, Any]) -> list[LaunchUnit]:
    needed = set(resource_keys(prepared.units, prepared.project))
    return [
        LaunchUnit(
            unit=key,
            assets=[],
            schema=dict(info.schema),
            defaults=dict(info.defaults),
            last=last.get(key),
        )
        for key, info in resource_configs(prepared.project).items()
        if key in needed
    ]


class _Last(NamedTuple):
    """What was given when the assets were last made: by op, by resource; and the number of the newest run."""

    ops: Mapping[str, Any]
    resources: Mapping[str, Any]
    run: int | None


def _last(wholes: Sequence[ComputeUnit], home: Home) -> _Last:
    """What the newest versions of what these units make were made with."""
    ops: dict[str, Any] = {}
    newest: Version | None = None
    for unit in wholes[:MOST_LOOKED_AT]:
        for version in home.store.versions(unit.outputs[0].spec.key, limit=1) if unit.outputs else ():
            newest = version if newest is None or version.made_at > newest.made_at else newest
            own = {name: said for name, said in version.config.items() if not name.startswith("resources.")}
            graph = any(name.startswith(f"{unit.name}.") for name in own)
            ops.update(own if graph else {unit.name: own} if own else {})
    if newest is None or not newest.run_id:
        return _Last(ops, {}, None)
    state = home.store.run(newest.run_id)
    given: Any = state.run.config.get("resources", {})
    return _Last(ops, {key: entry.get("config") for key, entry in given.items()}, state.number)


def _keys(definition: PartitionsDefinition | None, world: World) -> tuple[int, list[str]]:
    """How many partitions there are, and the newest of them, newest first."""
    if definition is None:
        return 0, []
    keys = definition.get_partition_keys(world.now, world)
    return len(keys), list(keys[-NEWEST:])[::-1]
