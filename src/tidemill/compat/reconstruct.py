"""Where the code of a job is, so that a process of its own can have it too.

job ─┬─ in a module ──▶ Origin (main:PATH, module:NAME, file:PATH) ─┬─▶ a server of workers, as an interpreter
     └─ typed in a notebook ──▶ Parcel (the definitions, pickled) ──┘   of its own
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from tidemill.compat.instance import FACE
from tidemill.compat.jobs import JobDefinition
from tidemill.core.errors import InvalidInvocationError, UnmetExecutorRequirementsError
from tidemill.core.records import CodeRef
from tidemill.core.suggest import did_you_mean
from tidemill.execution.crews import Crew
from tidemill.execution.launch import Prepared
from tidemill.executors.nursery import Nursery
from tidemill.executors.origin import Origin, Parcel
from tidemill.executors.vitals import usable_cores
from tidemill.home import Home

MAIN = "__main__"


def reconstructable(target: JobDefinition | Callable[[], JobDefinition]) -> JobDefinition:
    """A job whose steps may run in processes of their own, which find it again by its module.

    Args:
        target: A function at the top of a module that gives a job; or a job whose assets stand at the top of one.

    Raises:
        InvalidInvocationError: It is neither.

    Example:
        >>> execute_job(reconstructable(make_job), DagsterInstance.get())  # doctest: +SKIP
    """
    if isinstance(target, JobDefinition):
        return target.found_at(_origin_of(target))
    name = getattr(target, "__qualname__", "")
    if not callable(target) or not name.isidentifier():
        raise InvalidInvocationError(
            "reconstructable takes what another process can find by name",
            subject="reconstructable",
            found=f"{name or target!r}, which stands in no module by that name",
            expected="a function defined at the top of a module that gives a job, or a job",
            next_step="move the function to the top of its module, and give it a name",
        )
    job = target()
    if not isinstance(job, JobDefinition):
        raise InvalidInvocationError(
            f"{name} gives no job",
            subject=name,
            found=f"an object of type {type(job).__name__}",
            expected="what Definitions(…).get_job_def(NAME) gives",
        )
    return job.found_at(Origin.here(_code_of_module(target.__module__), name))


def _origin_of(job: JobDefinition) -> Origin | Parcel:
    """Where another process finds a job; what was typed at a prompt or in a notebook is given to it.

    Raises:
        UnmetExecutorRequirementsError: It can have neither.
    """
    name = _module_of(job)
    if _is_typed(name):
        return Parcel.of(job.project)
    return Origin.here(_code_of_module(name), _name_of(job, name) if job.owner is None else "")


def _name_of(job: JobDefinition, module: str) -> str:
    """The name under which a job that is part of no definitions stands in its module; "" where it stands nowhere."""
    found = vars(sys.modules[module]).items()
    return next((name for name, value in found if getattr(value, "declared", None) is job.declared), "")


def _module_of(job: JobDefinition) -> str:
    """The module that has the definitions of a job: the one with its `Definitions`, else that of its functions.

    Raises:
        UnmetExecutorRequirementsError: There is none.
    """
    holders = [
        name
        for name, module in list(sys.modules.items())
        if job.owner is not None and any(value is job.owner for value in list(vars(module).values()))
    ]
    # A module that is imported has no guard to forget; the script itself comes last.
    names = [*sorted(holders, key=lambda name: name == MAIN), *_modules_of(job)]
    if names:
        return names[0]
    raise UnmetExecutorRequirementsError(
        f"Nothing tells where the code of job {job.name!r} is",
        subject=job.name,
        found="definitions without functions",
        expected="definitions in a module",
        next_step=IN_PROCESS,
    )


def _modules_of(job: JobDefinition) -> Iterable[str]:
    """Modules of the functions, the most frequent first."""
    names = [unit.fn.__module__ for unit in job.project.units.values()]
    return sorted(set(names), key=names.count, reverse=True)


IN_PROCESS = "put the definitions into a module, or run in process (executor_def=in_process_executor)"


def _is_typed(name: str) -> bool:
    """Whether a module is the one of a prompt or a notebook, which no file has."""
    module = sys.modules.get(name)
    return (
        name == MAIN
        and getattr(module, "__file__", None) is None
        and getattr(module, "__spec__", None) is None
    )


def _code_of_module(name: str) -> CodeRef:
    module = sys.modules.get(name)
    if name == MAIN and getattr(module, "__spec__", None) is not None:
        name = str(module.__spec__.name)  # type: ignore[union-attr]  # `python -m NAME`
        return CodeRef("module", name.removesuffix(f".{MAIN}") if name.endswith(f".{MAIN}") else name)
    path = getattr(module, "__file__", None)
    if path is None:
        raise UnmetExecutorRequirementsError(
            f"Another process cannot import {name!r}",
            subject=name,
            found="a module that no file has",
            expected="a module in a file",
            next_step=IN_PROCESS,
        )
    path = str(Path(path).absolute())
    if name == MAIN:
        return CodeRef("main", path)
    return CodeRef("module", name) if _is_found(name, path) else CodeRef("file", path)


def _is_found(name: str, path: str) -> bool:
    """Whether a new interpreter with this one's path would import that file under that name."""
    parent = sys.modules.get(name.rpartition(".")[0])
    where = getattr(parent, "__path__", None)
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        spec = find(name, where, None) if find is not None else None
        if spec is not None:
            return spec.origin is not None and str(Path(spec.origin).absolute()) == path
    return False


def hire(job: JobDefinition, prepared: Prepared, home: Home) -> Crew | None:
    """Processes for the steps of a run, where the job asks for them; None: they run in this one.

    The server of the processes is an interpreter of its own, because this one has run things, and cannot be forked.

    Raises:
        UnmetExecutorRequirementsError: The processes would not find the code, or the store.
    """
    choice = prepared.executor
    if choice.in_process or not (choice.named or job.origin is not None):
        return None
    if home.ephemeral:
        raise UnmetExecutorRequirementsError(
            "Steps in processes need a store that all of them see",
            subject=job.name,
            found="a store in memory",
            expected="a store in a folder",
            next_step="give instance=DagsterInstance.get(), or run in process (executor_def=in_process_executor)",
        )
    origin = job.origin or _origin_of(job)
    nursery = Nursery.executed(origin, choice.method or "fork")
    missing = [step.name for step in prepared.to_run.steps if step.name not in nursery.units]
    if missing:
        nursery.close()
        raise _unmet(job, origin, missing, nursery.units)
    return Crew(nursery, choice.max_concurrent or usable_cores(), FACE, origin)


def _unmet(
    job: JobDefinition, origin: Origin | Parcel, missing: list[str], found: Collection[str]
) -> UnmetExecutorRequirementsError:
    names = ", ".join(missing[:10]) + (f" and {len(missing) - 10} more" if len(missing) > 10 else "")
    return UnmetExecutorRequirementsError(
        f"A process that imports {origin.code} does not find {names}",
        subject=job.name,
        found=", ".join(sorted(found)[:20]) or "no steps at all",
        expected=f"all steps of job {job.name!r}",
        next_step=did_you_mean(missing[0], found)
        or "define the assets at the top of the module, or give reconstructable(FUNCTION) with a function at its top"
        " that gives the job, or run in process (executor_def=in_process_executor)",
    )
