"""Retention that happens by itself, after a command that made something: little each time, all of it once a day.

Values of assets with a rule that were just made: each time. Logs, events, caches and the assets with a rule that were
not made: once a day, with a sixteenth of the artifacts' folder searched for strays, so that no day is a long one.
`tidemill gc` does everything at once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from itertools import islice
from pathlib import Path

from tidemill.home import Home
from tidemill.home.retention import Broom, Cleared, Policy, alone, look_at_values, stored_rules
from tidemill.home.waste import leftovers, old_logs, stray_files, unused

DAY = 86_400 * 1_000_000
PARTS = 16
MOST_ROWS = 20_000
MOST_VALUES = 1_000
MOST_LOGS = 200
"""What goes at once at most: rows of chatter, values, folders of logs. Of more, the next command goes on."""


def keep_up(home: Home, policy: Policy, made: Collection[str]) -> Cleared | None:
    """Let go of what the rules let go of.

    Args:
        home: The store; one that nothing outlives is left alone.
        policy: Of logs and events.
        made: Assets that were just made.

    Returns:
        What went; None where nothing was due, or another process is at it.
    """
    if home.ephemeral:
        return None
    rules, now = stored_rules(home), home.clock.now()
    with alone(home) as marker:
        if marker is None:
            return None
        due = now - _last_pass(marker) >= DAY
        if not due:
            rules = {asset: rule for asset, rule in rules.items() if asset in made}
        if not due and not rules:
            return None
        broom = Broom(home)
        if rules:
            broom.drop_values(look_at_values(home, rules).drops[:MOST_VALUES])
        return _daily(home, broom, policy, marker, now) if due else broom.done


def _daily(home: Home, broom: Broom, policy: Policy, marker: Path, now: int) -> Cleared:
    part = now // DAY % PARTS
    broom.sweep(stray_files(home, broom.before, lambda name: int(name, 16) % PARTS == part))
    old = old_logs(home, policy.keep_logs, now) if policy.keep_logs is not None else iter(())
    logs = list(islice(old, MOST_LOGS))
    files = [*leftovers(home, broom.before), *unused(home, now)]
    gone, others = broom.remove(logs), broom.remove(files)
    chatter = broom.trim(policy.keep_events, MOST_ROWS)
    more = chatter.more or len(logs) == MOST_LOGS or len(broom.done.values) == MOST_VALUES
    if not more:
        marker.write_text(str(now), encoding="ascii")
    return broom.done._replace(logs=gone, files=others, runs=chatter.runs, rows=chatter.rows, more=more)


def _last_pass(marker: Path) -> int:
    with contextlib.suppress(ValueError, OSError):
        return int(marker.read_text(encoding="ascii"))
    return 0
