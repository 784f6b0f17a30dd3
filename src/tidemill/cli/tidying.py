"""What a command that made something does afterwards: retention, quietly unless it let go of a value or failed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tidemill.cli.formats import plural, size
from tidemill.cli.terminal import paint
from tidemill.core.settings import Settings

if TYPE_CHECKING:
    from tidemill.execution.launch import Prepared
    from tidemill.home import Home
    from tidemill.home.retention import Cleared, Policy


def policy_of(settings: Settings) -> Policy:
    """How long logs and events are kept."""
    from tidemill.home.retention import Policy

    return Policy(settings.keep_logs, settings.keep_events)


def tidy_up(home: Home, prepared: Prepared, settings: Settings, *, quiet: bool) -> None:
    """Keep the store small after a run. Whatever happens here, the run is what it was."""
    from tidemill.home.upkeep import keep_up

    made = {output.spec.key.text for unit in prepared.units for output in unit.outputs}
    try:
        cleared = keep_up(home, policy_of(settings), made)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  (told in one line: the run was well)
        line = (str(error).strip().splitlines() or [""])[0]
        _warn(f"retention did not finish: {type(error).__name__}{': ' if line else ''}{line}")
        return
    if cleared is None:
        return
    if cleared.problems:
        _warn(f"retention could not remove {cleared.problems[0]}")
    if cleared.values and not quiet:
        sys.stdout.write(_told(cleared))


def _told(cleared: Cleared) -> str:
    count = len(cleared.values)
    names = sorted({drop.value.asset for drop in cleared.values})
    rules = ", ".join(dict.fromkeys(drop.rule for drop in cleared.values))
    of = names[0] if len(names) == 1 else f"{len(names)} assets"
    freed = size(sum(drop.freed for drop in cleared.values))
    return f"let go of {plural(count, 'older value')} of {of} ({rules}), {freed}\n"


def _warn(message: str) -> None:
    sys.stderr.write(f"{paint('warning:', 'yellow', sys.stderr)} {message}; next: tidemill gc\n")
