"""Tags of a run that ask for something: how long it may take, and what this version does not act on yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tidemill.core.errors import ExecutionInterruptedError, InvalidInvocationError
from tidemill.core.tags import MAX_RETRIES_TAG, MAX_RUNTIME_SECONDS_TAG, RETRY_STRATEGY_TAG

IDLE_TAGS = (MAX_RETRIES_TAG, RETRY_STRATEGY_TAG)


def max_runtime(tags: Mapping[str, str]) -> float | None:
    """Seconds that a run may take from its start on; None any.

    Raises:
        InvalidInvocationError: The tag says no such thing.
    """
    text = tags.get(MAX_RUNTIME_SECONDS_TAG)
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise InvalidInvocationError(
            f"The tag {MAX_RUNTIME_SECONDS_TAG!r} cannot be {text!r}",
            subject=MAX_RUNTIME_SECONDS_TAG,
            found=repr(text),
            expected="seconds, as a number above 0",
        )
    return seconds


def too_long(seconds: float) -> ExecutionInterruptedError:
    """What a run fails of that takes longer than its tag allows."""
    return ExecutionInterruptedError(
        f"The run took longer than the {seconds:g} s that its tag {MAX_RUNTIME_SECONDS_TAG!r} allows",
        subject=MAX_RUNTIME_SECONDS_TAG,
        found=f"steps that were not done after {seconds:g} s",
        expected=f"an end within {seconds:g} s",
        next_step="raise the tag, or set timeout= of the asset that takes long",
    )


def idle_note(tags: Iterable[str], whose: str) -> str | None:
    """That nothing acts on tags which ask for retries of runs, where there are any."""
    idle = [tag for tag in IDLE_TAGS if tag in tags]
    if not idle:
        return None
    return (
        f"{whose} has the tag{'s' if len(idle) > 1 else ''} {' and '.join(idle)}: this version does not retry runs by"
        " itself. Retry steps (retry_policy=RetryPolicy(…)), or the run by hand: `tidemill rerun RUN --from-failure`."
    )
