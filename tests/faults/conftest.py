"""What the fault tests share: how long they are, their seed, and lines that are printed as they come."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from stage import Extent

REPORT = pytest.StashKey[list[str]]()


LIMITS = {"short": 600, "long": 7200}
"""Seconds for a test: many processes on a machine that has other things to do as well."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give the tests of this ring the time that their extent needs."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.timeout(LIMITS[config.getoption("--faults")]))


@pytest.fixture(scope="session")
def extent(request: pytest.FixtureRequest) -> Extent:
    """How much is done."""
    seed = request.config.getoption("--faults-seed")
    if request.config.getoption("--faults") == "long":
        return Extent(200, 60.0, 10, seed)
    return Extent(20, 0.0, 1, seed)


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Print a line; those that begin with `=` are repeated at the end of the test run."""
    lines = request.config.stash.setdefault(REPORT, [])

    def told(line: str) -> None:
        print(line, flush=True)
        if line.startswith("="):
            lines.append(line.lstrip("= "))

    return told


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was done."""
    for line in terminalreporter.config.stash.get(REPORT, []):
        terminalreporter.write_line(f"faults: {line}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder, by the name that the system has for it."""
    return tmp_path.resolve()
