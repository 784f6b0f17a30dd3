"""`@graph` and `@job`: ops put together, and what can be run of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, overload

from tidemill.compat.instance import DagsterInstance
from tidemill.compat.jobs import JobDefinition
from tidemill.compat.result import ExecuteInProcessResult
from tidemill.core.errors import InvalidDefinitionError
from tidemill.definitions.arguments import clean_owners, valid_name, wrong_type
from tidemill.definitions.executors import valid_executor
from tidemill.definitions.graphs import graphs as declared
from tidemill.definitions.graphs.graphs import GraphIn, GraphOut, compose
from tidemill.definitions.graphs.op_jobs import OpJob
from tidemill.definitions.hooks import valid_hooks
from tidemill.definitions.partitions.partitions import PartitionsDefinition
from tidemill.definitions.policies import RetryPolicy
from tidemill.definitions.project import Project
from tidemill.definitions.resources.loggers import valid_loggers
from tidemill.definitions.triggers.jobs import job_partitions
from tidemill.definitions.units.lowering import function_name
from tidemill.definitions.units.signatures import docstring
from tidemill.definitions.values import NOTHING_SAID, fill


class GraphDefinition(declared.GraphDefinition):
    """Ops and graphs that were put together; made by `@graph`."""

    def to_job(
        self,
        name: str | None = None,
        description: str | None = None,
        resource_defs: Mapping[str, Any] | None = None,
        config: Any = None,
        tags: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        logger_defs: Mapping[str, Any] | None = None,
        executor_def: Any = None,
        hooks: Any = None,
        op_retry_policy: RetryPolicy | None = None,
        op_selection: Sequence[str] | None = None,
        partitions_def: PartitionsDefinition | None = None,
        asset_layer: Any = None,
        input_values: Mapping[str, Any] | None = None,
        run_tags: Mapping[str, Any] | None = None,
        owners: Sequence[str] | None = None,
    ) -> JobDefinition:
        """The graph as a job that can be run by name; arguments and errors as of `job`.

        Raises:
            InvalidDefinitionError: `asset_layer` or `op_selection` was given, which have no meaning here.
        """
        given = dict(locals())
        del given["self"], given["name"]
        for argument in ("asset_layer", "op_selection"):
            value = given.pop(argument)
            if value is not None:
                raise InvalidDefinitionError(
                    f"to_job({argument}=) has no meaning here",
                    subject=argument,
                    found=repr(value),
                    expected="no such argument",
                    next_step="give op_selection= when the job is run, or use graph_asset for assets",
                )
        own = valid_name(name, "the name of a job") if name is not None else self.name
        return job_of_graph(self, own, **{**given, "description": description or self.description})

    def execute_in_process(
        self,
        run_config: Any = None,
        instance: DagsterInstance | None = None,
        resources: Mapping[str, Any] | None = None,
        raise_on_error: bool = True,
        op_selection: Sequence[str] | None = None,
        run_id: str | None = None,
        input_values: Mapping[str, Any] | None = None,
    ) -> ExecuteInProcessResult:
        """Run the graph in this process; arguments and errors as of `JobDefinition.execute_in_process`."""
        return self.to_job(resource_defs=resources).execute_in_process(
            run_config,
            instance,
            raise_on_error=raise_on_error,
            op_selection=op_selection,
            run_id=run_id,
            input_values=input_values,
        )


def job_of_graph(
    graph: declared.GraphDefinition,
    name: str,
    *,
    description: str | None = None,
    resource_defs: Mapping[str, Any] | None = None,
    config: Any = None,
    tags: Mapping[str, Any] | None = None,
    run_tags: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    logger_defs: Mapping[str, Any] | None = None,
    executor_def: Any = None,
    hooks: Any = None,
    op_retry_policy: RetryPolicy | None = None,
    partitions_def: PartitionsDefinition | None = None,
    input_values: Mapping[str, Any] | None = None,
    owners: Sequence[str] | None = None,
) -> JobDefinition:
    """A job of a graph, found good."""
    if callable(config) and not hasattr(config, "get_run_config_for_partition_key"):
        raise wrong_type(name, "config", config, "a dict, a RunConfig or a PartitionedConfig")
    declared_job = OpJob()
    fill(
        declared_job,
        name,
        graph,
        config,
        description,
        _texts(tags),
        None if run_tags is None else _texts(run_tags),
        metadata or NOTHING_SAID,
        job_partitions(name, partitions_def, config),
        op_retry_policy,
        valid_executor(executor_def),
        dict(resource_defs or {}),
        valid_hooks(name, hooks),
        dict(input_values or {}),
        clean_owners(name, owners),
        valid_loggers(logger_defs),
    )
    return JobDefinition(declared_job, Project({}, {}, {}, {}, {name: declared_job}))


def _texts(tags: Mapping[str, Any] | None) -> Mapping[str, str]:
    """Tags; a value that is no string becomes its JSON."""
    if not tags:
        return NOTHING_SAID
    import json  # noqa: PLC0415

    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in tags.items()}


@overload
def graph(compose_fn: Callable[..., Any]) -> GraphDefinition: ...
@overload
def graph(
    *,
    name: str | None = ...,
    description: str | None = ...,
    input_defs: Any = ...,
    output_defs: Any = ...,
    ins: Mapping[str, GraphIn] | None = ...,
    out: GraphOut | Mapping[str, GraphOut] | None = ...,
    tags: Mapping[str, Any] | None = ...,
    config: Any = ...,
) -> Callable[[Callable[..., Any]], GraphDefinition]: ...
def graph(
    compose_fn: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    description: str | None = None,
    input_defs: Any = None,
    output_defs: Any = None,
    ins: Mapping[str, GraphIn] | None = None,
    out: GraphOut | Mapping[str, GraphOut] | None = None,
    tags: Mapping[str, Any] | None = None,
    config: Any = None,
) -> GraphDefinition | Callable[[Callable[..., Any]], GraphDefinition]:
    """Put ops together by a function that calls them; it is called once, when it is decorated, and computes nothing.

    Args:
        compose_fn: The function, where the decorator stands without parentheses. Its parameters are the inputs of the
            graph; what it returns are its outputs: one, or a dict of several.
        name: Of the graph; the function's where it is not given.
        description: For the reader; the docstring where it is not given.
        input_defs, output_defs: Not in this version: `ins` and `out` say it.
        ins: Input → what is said of it.
        out: What is said of its output, or of several by name.
        tags: Of all its steps.
        config: Config of its ops, by their names.

    Raises:
        InvalidDefinitionError: The ops do not go together.

    Example:
        >>> @op
        ... def two():
        ...     return 2
        >>> @op
        ... def double(number):
        ...     return 2 * number
        >>> @graph
        ... def four():
        ...     return double(two())
        >>> four.execute_in_process().output_value()
        4
    """
    for argument, value in (("input_defs", input_defs), ("output_defs", output_defs)):
        if value is not None:
            raise InvalidDefinitionError(
                f"graph({argument}=) is not in this version",
                subject=argument,
                found=repr(value),
                expected="no such argument",
                next_step="say ins={NAME: GraphIn()} and out={NAME: GraphOut()}",
            )

    def define(fn: Callable[..., Any]) -> GraphDefinition:
        own = valid_name(name, "the name of a graph") if name is not None else function_name(fn)
        return _graph(fn, own, description, ins, out, tags, config)

    return define if compose_fn is None else define(compose_fn)


def _graph(
    fn: Callable[..., Any],
    name: str,
    description: str | None,
    ins: Mapping[str, GraphIn] | None = None,
    out: GraphOut | Mapping[str, GraphOut] | None = None,
    tags: Mapping[str, Any] | None = None,
    config: Any = None,
) -> GraphDefinition:
    if config is not None and not isinstance(config, Mapping):
        raise wrong_type(name, "config", config, "a dict of the config of its ops, by their names")
    outs = None if out is None else ["result"] if isinstance(out, GraphOut) else list(out)
    composed, inputs = compose(fn, name, outs)
    for key in ins or {}:
        if key not in inputs:
            raise InvalidDefinitionError(
                f"{name!r} has ins={{{key!r}: …}}, but its function has no parameter {key!r}",
                subject=name,
                found=f"parameters {', '.join(inputs) or '(none)'}",
                expected=f"a parameter {key!r}",
            )
    described = description or docstring(fn)
    return GraphDefinition(name, fn, composed, inputs, described, _texts(tags), config)


@overload
def job(compose_fn: Callable[..., Any]) -> JobDefinition: ...
@overload
def job(
    *,
    name: str | None = ...,
    description: str | None = ...,
    resource_defs: Mapping[str, Any] | None = ...,
    config: Any = ...,
    tags: Mapping[str, Any] | None = ...,
    run_tags: Mapping[str, Any] | None = ...,
    metadata: Mapping[str, Any] | None = ...,
    logger_defs: Mapping[str, Any] | None = ...,
    executor_def: Any = ...,
    hooks: Any = ...,
    op_retry_policy: RetryPolicy | None = ...,
    partitions_def: PartitionsDefinition | None = ...,
    input_values: Mapping[str, Any] | None = ...,
    owners: Sequence[str] | None = ...,
) -> Callable[[Callable[..., Any]], JobDefinition]: ...
def job(
    compose_fn: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    description: str | None = None,
    resource_defs: Mapping[str, Any] | None = None,
    config: Any = None,
    tags: Mapping[str, Any] | None = None,
    run_tags: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    logger_defs: Mapping[str, Any] | None = None,
    executor_def: Any = None,
    hooks: Any = None,
    op_retry_policy: RetryPolicy | None = None,
    partitions_def: PartitionsDefinition | None = None,
    input_values: Mapping[str, Any] | None = None,
    owners: Sequence[str] | None = None,
) -> JobDefinition | Callable[[Callable[..., Any]], JobDefinition]:
    """Define a job by a function that calls ops and graphs, as of `graph`; it can be run by itself.

    Args:
        compose_fn: The function, where the decorator stands without parentheses.
        name: Of the job; the function's where it is not given.
        description: For the reader; the docstring where it is not given.
        resource_defs: Key → resource, over those of the definitions that the job is part of.
        config: Run config of its runs: `RunConfig`, a dict, or a `PartitionedConfig`, which has one for each partition.
        tags: Labels of the job; of its runs too, where these have none of their own.
        run_tags: Labels of its runs.
        metadata: Facts about it.
        logger_defs: Key → what `@logger` gave, over those of the definitions that the job is part of.
        executor_def: Where its steps are made.
        hooks: What is called when any of its steps has succeeded or failed.
        op_retry_policy: For ops that have none of their own.
        partitions_def: The slices that its runs have.
        input_values: Of the inputs of the function.
        owners: E-mail addresses, or `team:NAME`.

    Raises:
        InvalidDefinitionError: The ops do not go together.

    Example:
        >>> @op
        ... def two():
        ...     return 2
        >>> @job
        ... def numbers():
        ...     two()
        >>> numbers.execute_in_process().output_for_node("two")
        2
    """

    given = dict(locals())
    del given["compose_fn"], given["name"]

    def define(fn: Callable[..., Any]) -> JobDefinition:
        own = valid_name(name, "the name of a job") if name is not None else function_name(fn)
        described = {**given, "description": description or docstring(fn)}
        return job_of_graph(_graph(fn, own, description), own, **described)

    return define if compose_fn is None else define(compose_fn)
