"""From what the page asks for to what can be run; in a process with the user's code.

RunRequest ──selected──▶ Request ──▶ Prepared, or why there is nothing to do
run, RerunRequest ──reruns──▶ Prepared
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from tidemill.code.loading import Loaded
from tidemill.compat.jobs import JobDefinition
from tidemill.core.errors import InvalidConfigError, InvalidSubsetError, TidemillError
from tidemill.core.keys import AssetKey
from tidemill.core.records import CodeRef
from tidemill.core.settings import Settings
from tidemill.definitions.graphs.op_jobs import OpJob
from tidemill.definitions.partitions.partitions import World
from tidemill.definitions.project import Project
from tidemill.definitions.triggers.jobs import IMPLICIT_JOB
from tidemill.execution.coding import Coding, counted_config
from tidemill.execution.history import read_past
from tidemill.execution.launch import Prepared, Request, prepare, world_of
from tidemill.execution.outlook import look_ahead
from tidemill.execution.partition_choice import check_partition
from tidemill.execution.reruns import ALL, FAILED, Part, rerun
from tidemill.execution.takeover import check_over
from tidemill.execution.verdicts import rechecks
from tidemill.home import Home
from tidemill.planning.selection import AssetSelection, explicit_keys
from tidemill.server.models import RerunRequest, RunRequest


class Stock(NamedTuple):
    """What there is once the user's code is imported.

    Attributes:
        code: Where it is.
        loaded: The definitions, and what importing them did.
        coding: What their units are made of, as it was imported: the files may have been edited since.
        settings: Of the server.
        root: The folder from which files are named.
    """

    code: CodeRef
    loaded: Loaded
    coding: Coding
    settings: Settings
    root: Path

    @property
    def project(self) -> Project:
        """The definitions in their normal form."""
        return self.loaded.definitions.project()

    def open_home(self) -> Home:
        """The store."""
        return Home.open(self.settings.home, durability=self.settings.durability)


class NothingToDo(NamedTuple):
    """Why a request comes to no run."""

    why: str


def launched(stock: Stock, asked: RunRequest) -> Prepared | NothingToDo:
    """Check and plan a run.

    Raises:
        TidemillError: It cannot be made.
    """
    home = stock.open_home()
    try:
        job = job_of(stock, asked.job)
        request = request_for(stock, job, asked)
        world = world_of(job.project, home)
        if not isinstance(job.declared, OpJob):
            check_partition(job.project, request, world)
        ops = asked.selection.split() if asked.selection and isinstance(job.declared, OpJob) else None
        prepared = with_coding(stock, prepare(job.part(ops), request, world))
        return _only_stale(prepared, home, world) if asked.what == "stale" else prepared
    finally:
        home.close()


def rerun_of(stock: Stock, run: str, asked: RerunRequest) -> Prepared:
    """Plan a run that re-executes another.

    Raises:
        TidemillError: It cannot be made, or the run goes on.
    """
    home = stock.open_home()
    try:
        state = home.store.run(run)
        check_over(state, home)
        past = read_past(home.store, state.run.id)
        project = stock.project.of_job(state.run.job_name)
        world = world_of(project, home)
        prepared = rerun(project, past, _part(asked), code=stock.code, world=world)
        prepared = prepared._replace(request=prepared.request._replace(root=stock.root))
        return with_coding(stock, prepared)
    finally:
        home.close()


def _part(asked: RerunRequest) -> Part:
    if asked.part == "failure":
        return FAILED
    if asked.part == "all":
        return ALL
    if asked.step is None:
        raise InvalidConfigError(
            "From which step?",
            subject="step",
            found="no step",
            expected="the name of a step of the run",
            next_step="name one, or run all of it again",
        )
    return Part("steps", (f"{asked.step}*",))


def job_of(stock: Stock, name: str | None) -> JobDefinition:
    """The job of that name; without one, that of all assets.

    Raises:
        InvariantViolationError: There is none.
    """
    definitions = stock.loaded.definitions
    return JobDefinition(definitions.declared_job(name or IMPLICIT_JOB), stock.project, definitions)


def request_for(stock: Stock, job: JobDefinition, asked: RunRequest) -> Request:
    """What to ask the engine for.

    Raises:
        TidemillError: The request contradicts itself, or its selection is none.
    """
    chosen = selection_of(asked.selection, asked.assets) if not isinstance(job.declared, OpJob) else None
    if asked.what == "from":
        if chosen is None:
            raise InvalidConfigError(
                "From which assets?",
                subject="what",
                found="what='from' without a selection",
                expected="a selection, or assets",
                next_step="select some, or ask for what='all'",
            )
        chosen = chosen.downstream()
    request = job.request(asked.config or None, None, dict(asked.tags), None)
    if chosen is not None:
        own = request.selection
        both = chosen if own is None else AssetSelection.from_coercible(own) & chosen
        request = request._replace(selection=both, may_be_nothing=False)
    return request._replace(
        partitions=tuple(asked.partitions or ()),
        code=stock.code,
        root=stock.root,
        refresh=asked.what == "stale",
        observing="named",
    )


def selection_of(selection: str | None, assets: list[str] | None) -> AssetSelection | None:
    """What an expression or a list of keys means; None where neither is given.

    Raises:
        InvalidSubsetError: The expression is none, or both are given, or the list is empty.
    """
    if selection is not None and assets is not None:
        raise InvalidSubsetError(
            "A run is of a selection or of assets",
            subject="assets",
            found="both a selection and assets",
            expected="one of them",
        )
    if assets is not None:
        if not assets:
            raise InvalidSubsetError(
                "No assets are selected",
                subject="assets",
                found="an empty list",
                expected="at least one key",
                next_step="leave the list out to run everything",
            )
        return AssetSelection.assets(*map(AssetKey.from_text, assets))
    return AssetSelection.from_string(selection) if selection else None


def with_coding(stock: Stock, prepared: Prepared) -> Prepared:
    """The run with what its units are made of: the code as it was imported, and the config in force for this run."""
    known = stock.coding.units
    units = prepared.wholes
    if any(unit.name not in known for unit in units):
        return prepared
    facts = {
        unit.name: known[unit.name]._replace(config=counted_config(prepared.project, unit, prepared.configs))
        for unit in units
    }
    return prepared._replace(coding=Coding(facts, stock.coding.recipes))


def _only_stale(prepared: Prepared, home: Home, world: World) -> Prepared | NothingToDo:
    """The run where there is something to do."""
    coding = prepared.coding
    if coding is None:
        return prepared
    keys = prepared.plan.keys or None
    outlook = look_ahead(coding.units, home.store, parts=coding.parts, partitions=keys, world=world)
    if outlook.behind or _named_anyway(prepared, outlook) or _checks(prepared, outlook, home):
        return prepared
    count = len({asset for asset, _ in outlook.states})
    return NothingToDo("the asset is up to date" if count == 1 else f"all {count:,} assets are up to date")


def _named_anyway(prepared: Prepared, outlook: Any) -> bool:
    """Whether something runs because it was named itself, and is not deterministic."""
    named = {key.text for key in explicit_keys(prepared.request.selection)}
    return any(state.asset in named and not state.deterministic for state in outlook.states.values())


def _checks(prepared: Prepared, outlook: Any, home: Home) -> bool:
    """Whether a check runs although its asset is up to date."""
    project = prepared.project
    steps = [(project.unit(step.name), step.checks) for step in prepared.plan.steps]
    chosen = {
        (check.asset_key.text, check.name)
        for unit, names in steps
        for check in unit.checks
        if check.name in names
    }
    return any(True for _ in rechecks(outlook, home.store, chosen))


def explained(error: Exception) -> TidemillError:
    """Any error as one that can be told; the user's code may raise its own where it is asked: a validator, a key."""
    if isinstance(error, TidemillError):
        return error
    return TidemillError(
        f"The definitions could not be asked: {type(error).__name__}",
        subject="definitions",
        found=f"{type(error).__name__}: {error}",
        expected="definitions that answer",
        next_step="mend the code that raised it",
    )
