"""What the browser tests share: Chromium, a page that nothing may go wrong on, a server with a small pipeline.

Where Chromium or the page's bundle is missing, the tests are skipped and the last lines of pytest say so; with
`CI` set they fail instead.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

sys.path.append(str(Path(__file__).parents[3] / "ui"))
import browsing

PIPELINE = Path(__file__).parent / "small_pipeline.py"
NewPage = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The machine's Chromium; for a module, because its client keeps an event loop running in this thread."""
    if (lacking := browsing.missing()) is not None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(lacking)
    with browsing.launched() as browser:
        yield browser


@pytest.fixture
def complaints() -> list[str]:
    """What went wrong on the pages of this test; it fails unless that was cleared: `complaints.clear()`."""
    return []


@pytest.fixture
def new_page(browser: Browser, complaints: list[str]) -> Iterator[NewPage]:
    """Opens pages of 1280 × 720; arguments are those of a context of Playwright's: `color_scheme="dark"`."""
    contexts: list[BrowserContext] = []

    def opened(**options: object) -> Page:
        context = browser.new_context(**{"viewport": browsing.SIZE, "reduced_motion": "reduce", **options})
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda said: complaints.append(f"{page.url}: {said.text}") if said.type == "error" else None,
        )
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == [], "the page complained"


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """An empty page; the test fails when anything on it throws, or writes an error to the console."""
    return new_page()


@pytest.fixture(scope="module")
def served(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[browsing.Served]:
    """`tidemill dev` on a copy of `small_pipeline.py`, in a folder and with a store of its own; one for each module.

    Nothing has been run when the first test of the module gets it.
    """
    folder = tmp_path_factory.mktemp("served")
    file = Path(shutil.copy(PIPELINE, folder / "pipeline.py"))
    with browsing.served(folder, file) as server:
        yield server
