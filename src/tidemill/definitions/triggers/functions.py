"""The functions of schedules and sensors: what they take, how they are called, and what their answers come to.

    function ──read──▶ parameters: context, (event,) resources
    call(context) ──▶ anything ──answers──▶ RunRequest, SkipReason, SensorResult, one after the other

A context is anything with `.resources` and `.merge_resources(…)`; the classes are in `compat`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from types import GeneratorType
from typing import Any, NamedTuple

from tidemill.core.errors import InvalidDefinitionError, InvalidInvocationError, InvariantViolationError
from tidemill.definitions.arguments import only_one, valid_name, wrong_type
from tidemill.definitions.triggers.jobs import AssetJob, define_asset_job
from tidemill.definitions.units.signatures import docstring, read_signature
from tidemill.definitions.values import Value

ANONYMOUS_JOB = "__anonymous_asset_job_"


class TriggerFunction(NamedTuple):
    """A user's function.

    Attributes:
        fn: The function.
        owner: What it belongs to, for messages: `sensor 'new_files'`.
        names: Parameters that are no resources: the context, and an event.
        resources: Parameters that are, then those that the decorator names.
        by_context: Resources that the function reads from `context.resources`.
    """

    fn: Callable[..., Any]
    owner: str
    names: tuple[str, ...]
    resources: tuple[str, ...]
    by_context: tuple[str, ...]

    @classmethod
    def read(
        cls, fn: Callable[..., Any], kind: str, name: str, required: Iterable[str] | None, takes: int = 1
    ) -> TriggerFunction:
        """What the function's parameters say.

        Raises:
            InvalidDefinitionError: It takes more than its context, an event and resources, or takes resources by
                parameter while `required` names others.
        """
        owner = f"{kind} {name!r}"
        signature = read_signature(fn, owner)
        names = (*(["context"] if signature.context else []), *signature.inputs)
        if signature.config_name is not None:
            names = (*names, signature.config_name)
        if len(names) > takes:
            names = _without_defaults(fn, names, takes)
        if len(names) > takes:
            raise wrong_type(
                owner, "the parameters", names, f"{('the context', 'the context and the event')[takes - 1]},"
                " and parameters that are annotated with a resource class",
            )  # fmt: skip
        given = tuple(required or ())
        if given and signature.resources:
            raise wrong_type(owner, "required_resource_keys", given, "nothing, as its parameters name them")
        return cls(fn, owner, names, signature.resources, given)

    @property
    def required(self) -> frozenset[str]:
        """All resources that it needs."""
        return frozenset((*self.resources, *self.by_context))

    def call(self, context: Any, *events: Any) -> Any:
        """Call it with a context, and with the event where it takes one."""
        if len(self.names) > len(events) + 1:
            raise wrong_type(self.owner, "the parameters", self.names, "the context and resources")
        values = {name: self.resource(context, name) for name in self.resources}
        for name in self.by_context:
            self.resource(context, name)
        return self.fn(*(context, *events)[: len(self.names)], **values)

    def resource(self, context: Any, name: str) -> Any:
        """A resource that the context has."""
        held = getattr(context, "resources", None)
        if not hasattr(held, name):
            raise InvalidDefinitionError(
                f"Resource with key {name!r} required by {self.owner} was not provided",
                subject=name,
                found=f"the context has {held!r}",
                expected=f"a resource under the key {name!r}",
                next_step=f"give it: Definitions(resources={{{name!r}: …}}), or resources= of the context",
            )
        return getattr(held, name)

    def directly(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], call: Callable[..., Any] | None = None
    ) -> Any:
        """Call it as a test does: the context by position or by its name, resources by theirs.

        `call` takes the context (and what else came by position) instead of the function.
        """
        given = {name: kwargs.pop(name) for name in self.resources if name in kwargs}
        names = self.names or ("context",)
        positional = [*args, *(kwargs.pop(name) for name in (*names, "context") if name in kwargs)]
        if kwargs or len(positional) > max(len(names), 1):
            raise InvalidInvocationError(
                f"{self.owner} was called with arguments that it does not have",
                subject=self.owner,
                found=", ".join([*map(repr, positional[len(names) :]), *kwargs]),
                expected="the context first, then resources by name",
            )
        if not positional:
            if self.names or self.by_context or call is not None:
                raise InvalidInvocationError(
                    f"{self.owner} was called without its context",
                    subject=self.owner,
                    found="no context argument",
                    expected="build_sensor_context(), build_schedule_context(), … as the first argument",
                )
            missing = [name for name in self.resources if name not in given]
            if missing:
                raise self._without(missing[0])
            return self.fn(**given)
        context, *events = positional
        if given:
            context.merge_resources(given)
        return (call or self.call)(context, *events)

    def _without(self, name: str) -> InvalidDefinitionError:
        return InvalidDefinitionError(
            f"Resource with key {name!r} required by {self.owner} was not provided",
            subject=name,
            expected=f"{name}=, or a context that has it",
        )


def _without_defaults(fn: Callable[..., Any], names: tuple[str, ...], takes: int) -> tuple[str, ...]:
    """The parameters that somebody must fill: the first ones, and those without a default."""
    import inspect  # noqa: PLC0415  (10 ms that few functions pay)

    parameters = inspect.signature(fn).parameters
    return tuple(
        name for place, name in enumerate(names)
        if place < takes or parameters[name].default is inspect.Parameter.empty
    )  # fmt: skip


def answers(result: Any) -> Iterator[Any]:
    """What a function gave, one after the other: it may give one, a list, or yield them."""
    if result is None:
        return
    if isinstance(result, (list, tuple, GeneratorType)):
        yield from (answer for answer in result if answer is not None)
    else:
        yield result


class Targets(NamedTuple):
    """Which jobs a schedule or sensor starts: those given, those only named, or a selection of assets."""

    jobs: tuple[Any, ...] = ()
    names: tuple[str, ...] = ()
    selection: Any = None

    @property
    def all_names(self) -> tuple[str, ...]:
        """Names of all jobs."""
        return (*(job.name for job in self.jobs), *self.names)


class Trigger(Value):
    """A schedule or sensor: one that looks like another is still another one."""

    name: str
    targets: Targets

    kind = "schedule"

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


def read_targets(
    owner: str,
    name: str | None,
    job: Any = None,
    jobs: Iterable[Any] | None = None,
    job_name: str | None = None,
    target: Any = None,
    asset_selection: Any = None,
) -> Targets:
    """The jobs that were given in one of several ways.

    Raises:
        InvalidDefinitionError: In several ways at once, or something that is no job.
    """
    only_one(owner, job=job, jobs=jobs, job_name=job_name, target=target, asset_selection=asset_selection)
    if target is not None:
        several = isinstance(target, (list, tuple)) and target and all(map(is_job, target))
        if several or is_job(target):
            return Targets(tuple(valid_job(owner, each) for each in (target if several else [target])))
        if name is None:
            raise wrong_type(owner, "name", name, "a name, where target= is given")
        return Targets((define_asset_job(f"{ANONYMOUS_JOB}{name}", selection=target),))
    if jobs is not None:
        return Targets(tuple(valid_job(owner, each) for each in jobs))
    if job is not None:
        return Targets((valid_job(owner, job),))
    if job_name is not None:
        if not isinstance(job_name, str):
            raise wrong_type(owner, "job_name", job_name, "the name of a job")
        return Targets(names=(job_name,))
    return Targets(selection=asset_selection)


def is_job(value: Any) -> bool:
    """Whether it is a job, a graph or what `define_asset_job` gave."""
    runs = hasattr(value, "execute_in_process") or hasattr(value, "to_job")
    return isinstance(value, AssetJob) or (runs and isinstance(getattr(value, "name", None), str))


def valid_job(owner: str, job: Any) -> Any:
    """`job`, where it is one; a graph as the job that it makes."""
    if is_job(job):
        return job.to_job() if hasattr(job, "to_job") else job
    raise wrong_type(owner, "job", job, "what define_asset_job or @job gave (job_name= takes a name)")


def job_names(owner: str, jobs: Iterable[Any] | None) -> tuple[str, ...] | None:
    """Names of jobs that are given as jobs or by name; None is any job."""
    if jobs is None:
        return None
    if isinstance(jobs, str):
        raise wrong_type(owner, "monitored_jobs", jobs, "a list of jobs or names")
    return tuple(job if isinstance(job, str) else valid_job(owner, job).name for job in jobs)


def valid_status(owner: str, status: Any, kind: type[Enum]) -> Any:
    """`status`, where it is of that kind."""
    if isinstance(status, kind):
        return status
    raise wrong_type(owner, "default_status", status, " or ".join(map(str, kind)))


def function_name(fn: Any, kind: str) -> str:
    """The name that a decorated function gives."""
    name = getattr(fn, "__name__", None)
    if name is None:
        raise wrong_type(kind, "the function", fn, "a function")
    return valid_name(name, f"the name of a {kind}")


def no_single_job(owner: str, targets: Targets) -> InvalidDefinitionError:
    """The error of asking for the job where there is not exactly one."""
    count = len(targets.jobs)
    return InvalidDefinitionError(
        f"{owner} has {'several jobs' if count > 1 else 'no job of its own'}",
        subject=owner,
        found=", ".join(targets.all_names) or "no job",
        expected="one job, given as job=",
        next_step="use .jobs, or .job_name" if count else None,
    )


def decorated(cls: Any, given: Mapping[str, Any], parameter: str) -> Any:
    """A decorator that makes an object of a class: with what was `given` to it, and its function as that parameter."""

    def define(fn: Callable[..., Any]) -> Any:
        name = given["name"] or function_name(fn, "sensor")
        description = given["description"] or docstring(fn)
        return cls(**{**given, "name": name, "description": description, parameter: fn})

    return define


def unexpected(owner: str, answer: Any, expected: str) -> InvariantViolationError:
    """The error of an answer that means nothing."""
    return InvariantViolationError(
        f"The function of {owner} gave something that means nothing",
        subject=owner,
        found=f"{answer!r}, of type {type(answer).__name__}",
        expected=expected,
    )


def merged_tags(*tags: Mapping[str, str] | None) -> dict[str, str]:
    """Tags, the later over the earlier."""
    return {name: value for some in tags if some for name, value in some.items()}
