"""What all tests share: a clean environment, hypothesis profiles, the stories, the order of a failing run."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

STORIES_VARIABLE = "TIDEMILL_HN_CSV"
BROWSER_TESTS = "tests/e2e/browser"
KEPT_VARIABLES = (STORIES_VARIABLE, "TIDEMILL_CHROMIUM")

# `pytest --hypothesis-profile=deep` looks for longer.
settings.register_profile("default", deadline=None, max_examples=60)
settings.register_profile("ci", deadline=None, max_examples=150, derandomize=True, print_blob=True)
settings.register_profile(
    "deep", deadline=None, max_examples=3_000, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ci" if os.environ.get("CI") else "default")

# A test means the same on a machine where somebody has set Tidemill up, and in whatever folder it runs.
for _name in [name for name in os.environ if name.startswith("TIDEMILL_") and name not in KEPT_VARIABLES]:
    del os.environ[_name]
if os.environ.get(STORIES_VARIABLE):
    os.environ[STORIES_VARIABLE] = str(Path(os.environ[STORIES_VARIABLE]).absolute())


def pytest_addoption(parser: pytest.Parser) -> None:
    """How much `tests/faults` does."""
    group = parser.getgroup("faults")
    group.addoption("--faults", choices=("short", "long"), default="short", help="extent of tests/faults")
    group.addoption("--faults-seed", type=int, default=1, metavar="N", help="seed of tests/faults")


@pytest.fixture(scope="session")
def hn_csv() -> Path | None:
    """The recorded stories that `TIDEMILL_HN_CSV` names; None where a test must generate its own."""
    named = os.environ.get(STORIES_VARIABLE)
    if not named:
        return None
    path = Path(named)
    assert path.is_file(), (
        f"{STORIES_VARIABLE} names {named}, which is no file; unset it to use generated stories"
    )
    return path


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    """Say which stories were used, which tests had no browser and, after a failure, how to run the same order again."""
    named = os.environ.get(STORIES_VARIABLE)
    source = f"recorded ({named})" if named else f"generated ({STORIES_VARIABLE} is not set)"
    terminalreporter.write_line(f"stories: {source}")
    for line in _unseen(terminalreporter.stats.get("skipped", ())):
        terminalreporter.write_line(line, yellow=True)
    seed = config.getoption("randomly_seed", None)
    if exitstatus == pytest.ExitCode.TESTS_FAILED and seed is not None:
        terminalreporter.write_line(f"the same order again: pytest --randomly-seed={seed}")


def _unseen(skipped: Iterable[pytest.TestReport]) -> list[str]:
    """A line for each reason why browser tests were not run: how many, and what to install."""
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in skipped
        if report.nodeid.startswith(BROWSER_TESTS) and isinstance(report.longrepr, tuple)
    )
    return [f"not run: {BROWSER_TESTS} ({count} skipped): {reason}" for reason, count in reasons.items()]
