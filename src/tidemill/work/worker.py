"""One attempt at one step: load inputs, call the user's function, store what it gives, tell the facts as they happen.

    StepOrder ──▶ inputs ──▶ function ──▶ results ──▶ stored outputs, checks, observations ──▶ facts

A worker is given everything by value or through its `Bench`; it never opens the database.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, nullcontext

from tidemill.core.errors import (
    AssetCheckFailedError,
)
from tidemill.core.events import StepStarted
from tidemill.definitions.results import Failure, RetryRequested
from tidemill.planning.signals import AttemptFailed, AttemptSucceeded, RetryAsked
from tidemill.work.attempt import Attempt
from tidemill.work.bench import Bench
from tidemill.work.failures import error_info
from tidemill.work.logs import StepLog
from tidemill.work.masking import clean
from tidemill.work.orders import StepFact, StepOrder
from tidemill.work.seeding import seeded


def attempt_step(order: StepOrder, bench: Bench) -> Generator[StepFact]:
    """Make one attempt; the last fact says how it ended.

    Raises:
        KeyboardInterrupt: Somebody pressed Ctrl-C; the attempt did not end.
    """
    log = bench.log_of(order)
    log.loggers = bench.loggers
    clock = bench.clock
    yield StepStarted(clock.now(), order.name, order.attempt, order.conditions.seed)
    began = clock.monotonic()
    bench.capturing.log = log
    attempt = None
    try:
        with _random_state(order, bench):
            attempt = Attempt(order, bench, log)
            for fact in attempt.run():
                yield clean(fact)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001  (the boundary: whatever user code raises ends its step, no more)
        failed = _failed(error, order, bench, clock.monotonic() - began, log)
        if attempt is not None:
            failed = failed._replace(inputs=tuple(attempt.loaded))
        if not _will_be_retried(failed, order):
            bench.keep_error(order.name, error)
            yield from _hooks(order, bench, log, attempt, error)
        bench.capturing.end_step()
        yield failed
    else:
        seconds = clock.monotonic() - began
        yield from _hooks(order, bench, log, attempt, None)
        bench.capturing.end_step()
        outputs = tuple(attempt.given.values())
        yield AttemptSucceeded(
            clock.now(),
            order.name,
            order.attempt,
            tuple(attempt.loaded),
            outputs,
            seconds,
            log.bytes,
            withheld=attempt.withheld(),
        )
    finally:
        bench.capturing.end_step()
        log.close()


def _hooks(
    order: StepOrder, bench: Bench, log: StepLog, attempt: Attempt | None, error: BaseException | None
) -> Iterator[StepFact]:
    unit = bench.project.unit(order.key.unit)
    if not unit.hooks:
        return
    from tidemill.work.hooking import run_hooks  # noqa: PLC0415  (only where there are hooks)

    values, metadata, config = attempt.for_hooks() if attempt is not None else ({}, {}, None)
    hooks = run_hooks(unit, order, bench, log, values=values, metadata=metadata, config=config, error=error)
    yield from map(clean, hooks)


def _will_be_retried(failed: AttemptFailed, order: StepOrder) -> bool:
    """Whether the run will make another attempt, unless it is canceled meanwhile."""
    if failed.final:
        return False
    return failed.attempt <= (order.retries if failed.asked is None else failed.asked.max_retries)


def _random_state(order: StepOrder, bench: Bench) -> AbstractContextManager[None]:
    """Seeds, where the process is the user's and the step asks for it; a worker process seeds itself before."""
    seed = order.conditions.seed
    return nullcontext() if seed is None or not bench.here else seeded(seed)


def _failed(
    error: BaseException, order: StepOrder, bench: Bench, seconds: float, log: StepLog
) -> AttemptFailed:
    asked = None
    final = isinstance(error, AssetCheckFailedError)
    if isinstance(error, RetryRequested):
        asked = RetryAsked(error.max_retries, float(error.seconds_to_wait or 0))
    elif isinstance(error, Failure) and error.allow_retries is False:
        final = True
    info = error_info(error)
    return AttemptFailed(
        bench.clock.now(),
        order.name,
        order.attempt,
        info,
        asked,
        final,
        seconds,
        log.bytes,
        code=_code_of(order, bench),
    )


def _code_of(order: StepOrder, bench: Bench) -> str:
    own = bench.project.unit(order.key.unit).outputs[:1]
    return (own[0].spec.code_version if own else None) or order.made_from.code
