"""How a step is tried again after it failed, and how many partitions a run of a backfill covers."""

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


class BackfillPolicyType(Enum):
    """Whether a backfill makes all partitions in one run."""

    SINGLE_RUN = "SINGLE_RUN"
    MULTI_RUN = "MULTI_RUN"


class BackfillPolicy(Value):
    """How many partitions of an asset one run of a backfill covers.

    Args:
        max_partitions_per_run: At most so many; None is all of them.

    Raises:
        InvalidDefinitionError: It is no number from 1 up.

    Example:
        >>> BackfillPolicy.multi_run(max_partitions_per_run=10).max_partitions_per_run
        10
    """

    max_partitions_per_run: int | None

    def __init__(self, max_partitions_per_run: int | None = 1) -> None:
        number = max_partitions_per_run
        if number is not None and (not isinstance(number, int) or isinstance(number, bool) or number < 1):
            raise InvalidDefinitionError(
                "BackfillPolicy(max_partitions_per_run=) is a number from 1 up, or None for all",
                subject="max_partitions_per_run",
                found=repr(number),
                expected="1 or more",
                next_step="BackfillPolicy.single_run() makes all partitions in one run",
            )
        fill(self, number)

    @classmethod
    def single_run(cls) -> BackfillPolicy:
        """All partitions in one run: the function asks `context.partition_keys`, or the range or window of them."""
        return cls(None)

    @classmethod
    def multi_run(cls, max_partitions_per_run: int = 1) -> BackfillPolicy:
        """So many partitions in a run."""
        return cls(max_partitions_per_run)

    @property
    def policy_type(self) -> BackfillPolicyType:
        """Whether it is one run or several."""
        single = self.max_partitions_per_run is None
        return BackfillPolicyType.SINGLE_RUN if single else BackfillPolicyType.MULTI_RUN

    def __repr__(self) -> str:
        if self.max_partitions_per_run is None:
            return "BackfillPolicy.single_run()"
        return f"BackfillPolicy.multi_run(max_partitions_per_run={self.max_partitions_per_run})"


def checked_backfill_policy(owner: str, value: object) -> BackfillPolicy | None:
    """What was given as `backfill_policy=`.

    Raises:
        InvalidDefinitionError: It is none.
    """
    if value is None or isinstance(value, BackfillPolicy):
        return value
    raise InvalidDefinitionError(
        f"backfill_policy of {owner} is no BackfillPolicy",
        subject=owner,
        found=repr(value),
        expected="BackfillPolicy.single_run() or BackfillPolicy.multi_run(…)",
    )
