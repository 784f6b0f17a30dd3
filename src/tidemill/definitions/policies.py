"""How a step is tried again after it failed."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from tidemill.core.errors import InvalidDefinitionError
from tidemill.definitions.values import Value, fill


class Backoff(Enum):
    """How the delay grows from one retry to the next."""

    LINEAR = "LINEAR"
    EXPONENTIAL = "EXPONENTIAL"


class Jitter(Enum):
    """How chance changes the delay, so that steps that failed together are not retried together."""

    FULL = "FULL"
    PLUS_MINUS = "PLUS_MINUS"


class RetryPolicy(Value):
    """How often, and after which delay, a failed step is tried again.

    Args:
        max_retries: Attempts after the first one.
        delay: Seconds before a retry; None is none.
        backoff: How the delay grows: `LINEAR` n·delay, `EXPONENTIAL` (2ⁿ - 1)·delay; None keeps it.
        jitter: `FULL` anything between nothing and the delay, `PLUS_MINUS` the delay give or take `delay`.

    Raises:
        InvalidDefinitionError: A number is negative, or `backoff` or `jitter` is given without `delay`.

    Example:
        >>> RetryPolicy(max_retries=3, delay=2, backoff=Backoff.EXPONENTIAL).calculate_delay(2)
        6
    """

    max_retries: int
    delay: float | None
    backoff: Backoff | None
    jitter: Jitter | None

    def __init__(
        self,
        max_retries: int = 1,
        delay: float | None = None,
        backoff: Backoff | None = None,
        jitter: Jitter | None = None,
    ) -> None:
        for name, number in (("max_retries", max_retries), ("delay", delay)):
            if number is not None and (not isinstance(number, (int, float)) or number < 0):
                raise InvalidDefinitionError(
                    f"RetryPolicy({name}=) is a number from 0 up",
                    subject=name,
                    found=repr(number),
                    expected="0 or more",
                )
        if delay is None and (backoff is not None or jitter is not None):
            raise InvalidDefinitionError(
                "RetryPolicy has a backoff or a jitter, but no delay that it could change",
                subject="delay",
                found="delay=None",
                expected="a delay in seconds",
                next_step="give delay=, or leave backoff= and jitter= out",
            )
        fill(self, max_retries, delay, backoff, jitter)

    def calculate_delay(self, attempt_num: int, random: Callable[[], float] | None = None) -> float:
        """Seconds to wait before a retry.

        Args:
            attempt_num: Which retry, from 1.
            random: Gives a number in [0, 1) where the policy has jitter; by default a source of its
                own, so that the user's random state is never touched.
        """
        base = self.delay or 0
        delay = base
        if self.backoff is Backoff.LINEAR:
            delay = base * attempt_num
        elif self.backoff is Backoff.EXPONENTIAL:
            delay = base * (2**attempt_num - 1)
        if self.jitter is None:
            return delay
        if random is None:
            from random import SystemRandom  # noqa: PLC0415  (3 ms that only jitter pays)

            random = SystemRandom().random
        return delay * random() if self.jitter is Jitter.FULL else delay + base * (2 * random() - 1)
