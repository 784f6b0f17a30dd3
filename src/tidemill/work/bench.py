"""What a worker works with: everything that an order does not say by value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tidemill.core.clock import Clock, IdSource
from tidemill.core.keys import AssetKey
from tidemill.definitions.project import Project
from tidemill.definitions.units.unit import ComputeUnit
from tidemill.work.earlier import Earlier
from tidemill.work.loggers import RunLoggers
from tidemill.work.logs import Capturing, StepLog
from tidemill.work.orders import Progress, StepOrder
from tidemill.work.values import Values


class Bench(NamedTuple):
    """What a worker works with.

    Attributes:
        project: The definitions.
        outfit: Gives resource key → value, set up; at least those that the unit needs.
        values: Stores and loads.
        log_of: The log of an attempt.
        capturing: Takes what is printed while a step runs.
        here: Whether this is the user's own process, in which the run is driven.
        echo: Whether nobody shows the run, so that `context.log` goes to standard error.
        keyed: Whether versions get keys to be found by; nothing looks for those of a store that nothing outlives.
        instance: The store in the compatible interface, when asked for.
        load_latest: The latest value of any asset.
        earlier: The latest version of an asset that an earlier run made.
        keep_error: Takes the live exception of a step that failed, for a caller in the same process.
        sink: Takes progress as it is reported.
        loggers: Those of the run's config, where it names any.
    """

    project: Project
    outfit: Callable[[ComputeUnit], Mapping[str, Any]]
    values: Values
    clock: Clock
    ids: IdSource
    log_of: Callable[[StepOrder], StepLog]
    instance: Callable[[], Any]
    load_latest: Callable[[AssetKey, str | None], Any]
    earlier: Callable[[AssetKey, str | None, str], Earlier | None]
    keep_error: Callable[[str, BaseException], None]
    capturing: Capturing
    here: bool = True
    echo: bool = True
    keyed: bool = True
    sink: Callable[[Progress], None] | None = None
    loggers: RunLoggers | None = None
