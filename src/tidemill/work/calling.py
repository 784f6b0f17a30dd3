"""How a user's function is called, and how what it returns becomes a stream of results.

return value · tuple · Output · MaterializeResult ─┐
generator, async function, async generator ────────┴──▶ Given, Output, MaterializeResult, AssetCheckResult
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from contextvars import copy_context
from types import GeneratorType
from typing import Any, NamedTuple

from tidemill.core.errors import (
    InvalidDefinitionError,
    InvalidObservationError,
    InvariantViolationError,
    UnknownResourceError,
)
from tidemill.definitions.results import (
    AssetCheckResult,
    AssetMaterialization,
    AssetObservation,
    DataVersion,
    DataVersionsByPartition,
    DynamicOutput,
    MaterializeResult,
    ObserveResult,
    Output,
)
from tidemill.definitions.units.unit import ComputeUnit, PassedOutput, UnitOutput
from tidemill.definitions.values import replace


class Given(NamedTuple):
    """A plain value, with the output that it is for: nothing else was said of it."""

    output: UnitOutput | PassedOutput
    value: Any


RESULTS = (
    Output,
    DynamicOutput,
    MaterializeResult,
    AssetCheckResult,
    ObserveResult,
    AssetMaterialization,
    AssetObservation,
)


def call(
    unit: ComputeUnit, context: object, arguments: dict[str, Any], config: Any, resources: Mapping[str, Any]
) -> Iterator[Any]:
    """Call the function of a unit; give its results one by one, as they come.

    Args:
        unit: What to call.
        context: For its first parameter, where it has one.
        arguments: Loaded inputs by parameter.
        config: For its config parameter.
        resources: By key, for its resource parameters.

    Raises:
        InvariantViolationError: What it returned does not fit its outputs.
        UnknownResourceError: A resource was not provided.
        Exception: Whatever the function raises.
    """
    keywords = arguments
    if unit.config_name is not None:
        keywords[unit.config_name] = config
    for parameter, key in unit.resource_parameters.items():
        if key not in resources:
            raise UnknownResourceError(
                f"Resource {key!r} was not provided",
                subject=key,
                expected=", ".join(resources) or "no resources",
            )
        keywords[parameter] = resources[key]
    returned = unit.fn(context, **keywords) if unit.context else unit.fn(**keywords)
    if unit.flow == "generator":
        yield from returned
    elif unit.flow == "async_generator":
        yield from _drain(returned)
    elif unit.flow == "coroutine":
        with _event_loop() as run:
            awaited = run(returned)
        yield from _results(unit, awaited)
    else:
        yield from _results(unit, returned)


@contextmanager
def _event_loop() -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """A function that runs coroutines to their end, all in one event loop.

    A thread that has a loop already, as that of a notebook, can run no second one: then another does it.
    """
    import asyncio  # noqa: PLC0415  (0.05 s that only async assets pay)

    runner = asyncio.Runner()
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pool = None
    else:
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  (as above)

        pool = ThreadPoolExecutor(1, "tidemill-async")
    context = copy_context()
    if pool is None:
        with runner:
            yield lambda coroutine: runner.run(coroutine, context=context)
        return
    with pool:
        try:
            yield lambda coroutine: pool.submit(runner.run, coroutine, context=context).result()
        finally:
            pool.submit(runner.close).result()


def _drain(stream: AsyncGenerator[Any, None]) -> Iterator[Any]:
    with _event_loop() as run:
        try:
            while True:
                try:
                    item = run(_next(stream))
                except StopAsyncIteration:
                    return
                yield item
        finally:
            run(stream.aclose())


async def _next(stream: AsyncGenerator[Any, None]) -> Any:
    return await anext(stream)


def _results(unit: ComputeUnit, returned: Any) -> Iterator[Any]:
    """What a plain return value means."""
    if isinstance(returned, RESULTS):
        yield from _named(unit, (returned,))
    elif isinstance(returned, GeneratorType):
        yield from returned
    elif unit.kind == "check":
        yield _verdict(unit, returned)
    elif unit.kind == "observation" and not isinstance(returned, (tuple, list)):
        yield _observation(unit, returned)
    elif (
        isinstance(returned, (tuple, list))
        and returned
        and all(isinstance(item, RESULTS) for item in returned)
    ):
        yield from _named(unit, tuple(returned))
    else:
        yield from _values(unit, returned)


def _named(unit: ComputeUnit, results: tuple[Any, ...]) -> Iterator[Any]:
    """Results in the order of the outputs: an `Output` without a name belongs to the output at its place.

    Raises:
        InvariantViolationError: There are fewer than outputs: a function that gives but some of them is a generator.
    """
    told = sum(isinstance(result, (Output, MaterializeResult)) for result in results)
    if 0 < told < len(unit.gives):
        raise InvariantViolationError(
            f"{unit.name!r} has {len(unit.gives)} outputs but returned the results of {told}",
            subject=unit.name,
            found=f"{told} of type {type(results[0]).__name__}",
            expected=f"a result for each of {', '.join(output.name for output in unit.gives)}",
            next_step="return a tuple of them, or yield each: `yield …` for those that there are",
        )
    if len(unit.gives) > 1 and len(results) == len(unit.gives):
        for output, result in zip(unit.gives, results, strict=True):
            unnamed = isinstance(result, Output) and result.output_name == "result"
            yield _renamed(result, output.name) if unnamed else result
    else:
        yield from results


def _renamed(result: Output[Any], name: str) -> Output[Any]:
    return Output(result.value, name, result.metadata, result.data_version, tags=result.tags)


def _values(unit: ComputeUnit, returned: Any) -> Iterator[Any]:
    outputs = unit.gives
    if unit.checks and outputs and unit.kind != "check":
        raise InvariantViolationError(
            f"{unit.name!r} has multiple outputs, but only one output was returned: its checks gave none",
            subject=unit.name,
            found=f"a value of type {type(returned).__name__}",
            expected=", ".join([*(o.name for o in outputs), *(check.name for check in unit.checks)]),
            next_step="return MaterializeResult(value=…, check_results=[…]),"
            " or yield Output and AssetCheckResult",
        )
    if not outputs or all(output.manager is None for output in outputs):
        if returned is not None:
            raise InvariantViolationError(
                f"{unit.name!r} returned a value, but none of its outputs stores one",
                subject=unit.name,
                found=f"a value of type {type(returned).__name__}",
                expected="None, MaterializeResult, or outputs with values",
                next_step="drop `-> None`, or return MaterializeResult(metadata=…)",
            )
        return
    if len(outputs) == 1:
        yield from _value(outputs[0], returned)
        return
    if returned is None and not any(_must_be_given(output) for output in outputs):
        return
    if not isinstance(returned, tuple) or len(returned) != len(outputs):
        found = (
            f"a tuple of {len(returned)}" if isinstance(returned, tuple) else f"one {type(returned).__name__}"
        )
        raise InvariantViolationError(
            f"{unit.name!r} has {len(outputs)} outputs but returned {found}",
            subject=unit.name,
            found=found,
            expected=f"a tuple of {len(outputs)}: {', '.join(output.name for output in outputs)}",
            next_step="return the values in the order of the outputs",
        )
    for output, value in zip(outputs, returned, strict=True):
        yield from _value(output, value)


def _must_be_given(output: UnitOutput | PassedOutput) -> bool:
    return output.required and not getattr(output, "dynamic", False)


def _value(output: UnitOutput | PassedOutput, value: Any) -> Iterator[Any]:
    """What a plain value for one output means: of a dynamic output it is the list of its values."""
    if isinstance(value, Output):
        yield _renamed(value, output.name)
    elif getattr(output, "dynamic", False) and (value is None or isinstance(value, (list, tuple))):
        for each in value or ():
            named = isinstance(each, DynamicOutput) and each.output_name == "result" != output.name
            yield replace(each, output_name=output.name) if named else each
    else:
        yield Given(output, value)


def _observation(unit: ComputeUnit, returned: Any) -> Any:
    """What a function that observes told of its one asset."""
    keys = ", ".join(output.asset.to_user_string() for output in unit.outputs)
    if isinstance(returned, DataVersionsByPartition):
        return returned
    if isinstance(returned, DataVersion):
        return ObserveResult(data_version=returned)
    raise InvalidObservationError(
        f"The function that observes {keys!r} returned what is no observation of it",
        subject=keys,
        found=f"a value of type {type(returned).__name__}",
        expected="DataVersion, DataVersionsByPartition or ObserveResult",
    )


def _verdict(unit: ComputeUnit, returned: Any) -> AssetCheckResult:
    """A check may answer with a plain bool (NumPy's too)."""
    if isinstance(returned, bool) or type(returned).__name__ in ("bool_", "bool"):
        return AssetCheckResult(passed=bool(returned))
    raise InvalidDefinitionError(
        f"The check {unit.name!r} returned no verdict",
        subject=unit.name,
        found=f"a value of type {type(returned).__name__}",
        expected="AssetCheckResult, or a bool",
        next_step="return AssetCheckResult(passed=…)",
    )
