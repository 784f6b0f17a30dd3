"""What the end-to-end tests share: where stories come from, a Hacker News of our own, the command line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import hn_server
import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "hackernews"
sys.path.append(str(EXAMPLE))
SEED = 11


@pytest.fixture(scope="session")
def stories_module() -> ModuleType:
    """The example's `stories.py`."""
    return import_module("stories")


@pytest.fixture(scope="session")
def hacker_news(stories_module: ModuleType, hn_csv: Path | None) -> Any:
    """The resource of the example: the recording where one is named, else the generator."""
    return stories_module.HackerNews(snapshot=str(hn_csv) if hn_csv else None, seed=None if hn_csv else SEED)


@pytest.fixture
def server(hacker_news: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[hn_server.HackerNewsServer]:
    """A Hacker News of 400 stories and some 800 other items, at the address of the real one."""
    with hn_server.running(hn_server.items_of(hacker_news.newest_stories(400))) as running:
        hn_server.mount(running.port, monkeypatch)
        yield running
