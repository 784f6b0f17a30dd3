"""On which terms a step runs, and on which its result may be used again: Tidemill's own arguments of the decorators.

@asset(timeout=600, resources={"gpu": 1, "memory": "8GiB"}, keep=5) ──read_terms──▶ Terms, part of the unit
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, cast

from tidemill.core.durations import seconds_of
from tidemill.core.errors import InvalidDefinitionError

MEMORY = "memory"
GPU = "gpu"
CONCURRENCY_KEY = "dagster/concurrency_key"
UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
UNITS |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
MOST = 1 << 63  # of what the store keeps as an integer
ISOLATIONS = ("pool", "process", "spawn")


class Terms(NamedTuple):
    """Terms of a unit; the default ones say nothing.

    Attributes:
        resources: Name → how many of it a step holds while it runs; `memory` in bytes, which is its limit too.
        timeout: Seconds after which a step is ended.
        isolation: `pool`: any warm worker; `process`: a fresh one for this step; `spawn`: a new interpreter.
        seed: Of the random sources, and part of what the result is found by.
        deterministic: Whether the same ingredients give the same result, so that it may be used again.
        reads: Files and folders that the function reads; their content counts as part of its code.
        depends_on_code: Functions, classes and modules that it uses in ways that its code does not show.
        keep: How many versions of each partition keep their value; None all.
        ttl: Seconds after which a version that is not the latest lets go of its value; None never.
    """

    resources: Mapping[str, int] = {}
    timeout: float | None = None
    isolation: Literal["pool", "process", "spawn"] = "pool"
    seed: int | None = None
    deterministic: bool = True
    reads: tuple[str, ...] = ()
    depends_on_code: tuple[Any, ...] = ()
    keep: int | None = None
    ttl: float | None = None

    @property
    def memory(self) -> int | None:
        """Bytes that the step may have in memory."""
        return self.resources.get(MEMORY)


PLAIN_TERMS = Terms()
OWN_ARGUMENTS = Terms._fields


def read_terms(owner: str, given: dict[str, Any]) -> Terms:
    """Take the terms out of the further arguments of a decorator; what is left is not ours.

    Raises:
        InvalidDefinitionError: One of them cannot be what it is.
    """
    said = {name: given.pop(name) for name in OWN_ARGUMENTS if name in given}
    if not said:
        return PLAIN_TERMS
    readers: dict[str, Callable[[str, Any], Any]] = {
        "resources": _resources,
        "timeout": _seconds,
        "ttl": _seconds,
        "isolation": _isolation,
        "seed": _seed,
        "keep": _keep,
        "deterministic": _flag,
        "reads": _paths,
        "depends_on_code": _several,
    }
    return Terms(**{name: readers[name](f"{owner}({name}=)", value) for name, value in said.items()})


def amount_of_memory(what: str, value: object) -> int:
    """Bytes from a number or from text such as `8GiB`."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    text = str(value).replace(" ", "").upper()
    number = text.rstrip("BIKMGT")
    unit = UNITS.get(text[len(number) :])
    try:
        found = int(float(number) * unit) if unit is not None else 0
    except (ValueError, OverflowError):
        found = 0
    if found <= 0:
        raise _wrong(what, value, "bytes, or text such as '8GiB' or '500 MB'")
    return found


def _resources(what: str, value: Any) -> Mapping[str, int]:
    if not isinstance(value, Mapping):
        raise _wrong(what, value, "a mapping such as {'gpu': 1, 'memory': '8GiB'}")
    read = {}
    for name, amount in value.items():
        if name == MEMORY:
            read[name] = amount_of_memory(f"{what}[{name!r}]", amount)
        elif (
            isinstance(name, str) and isinstance(amount, int) and not isinstance(amount, bool) and amount > 0
        ):
            read[name] = amount
        else:
            raise _wrong(f"{what}[{name!r}]", amount, "a whole number from 1 up")
    return read


def _seconds(what: str, value: Any) -> float | None:
    if value is None:
        return None
    total_seconds = getattr(value, "total_seconds", None)  # a timedelta
    seconds = total_seconds() if total_seconds is not None else value
    if isinstance(value, str):
        seconds = seconds_of(value)
    if isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and 0 < seconds < math.inf:
        return float(seconds)
    raise _wrong(what, value, "seconds above 0, a timedelta, or text such as '30d', '12h', '90s'")


def _isolation(what: str, value: Any) -> Literal["pool", "process", "spawn"]:
    if value not in ISOLATIONS:
        raise _wrong(what, value, " or ".join(map(repr, ISOLATIONS)))
    return cast("Literal['pool', 'process', 'spawn']", value)


def _seed(what: str, value: Any) -> int | None:
    if value is None or (_is_whole(value) and 0 <= value < MOST):
        return cast("int | None", value)
    raise _wrong(what, value, "a whole number from 0 up, below 2 ** 63")


def _keep(what: str, value: Any) -> int | None:
    if value is None or (_is_whole(value) and value > 0):
        return cast("int | None", value)
    raise _wrong(what, value, "a whole number from 1 up")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _flag(what: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(what, value, "True or False")
    return value


def _paths(what: str, value: Any) -> tuple[str, ...]:
    paths = _several(what, value)
    if not all(isinstance(path, str) or hasattr(path, "__fspath__") for path in paths):
        raise _wrong(what, value, "paths of files and folders")
    return tuple(str(path) for path in paths)


def _several(what: str, value: Any) -> tuple[Any, ...]:
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        raise _wrong(what, value, "a list")
    return tuple(value)


def _wrong(what: str, value: object, expected: str) -> InvalidDefinitionError:
    return InvalidDefinitionError(
        f"{what} cannot be {value!r}", subject=what, found=repr(value), expected=expected
    )
