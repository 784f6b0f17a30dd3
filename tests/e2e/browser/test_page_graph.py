"""The graph in a browser: what is drawn, and what a run changes on it."""

from __future__ import annotations

import re
from pathlib import Path

import browsing
from browsing import Served
from playwright.sync_api import Page, expect


def test_an_empty_store_shows_the_graph_and_a_run_fills_it(page: Page, served: Served) -> None:
    page.goto(served.address)
    expect(page.get_by_role("treeitem", name="score, missing")).to_be_attached()
    page.get_by_role("button", name="Materialize all").click()
    expect(page.get_by_role("treeitem", name="score, fresh, 50, 1 check failed")).to_be_attached()


def test_a_page_that_is_opened_before_the_code_is_imported_shows_it_then(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "slow.py"
    file.write_text(
        "import time\nfrom tidemill import asset\ntime.sleep(2)\n@asset\ndef late():\n    return 1\n"
    )
    with browsing.served(tmp_path, file) as server:
        page.goto(server.address)
        expect(page.get_by_role("heading", name="The code is being imported …")).to_be_visible()
        expect(page.get_by_role("treeitem", name="late, missing")).to_be_visible()
        page.goto("about:blank")  # it would complain that the server is gone


def test_what_is_picked_stays_in_sight_beside_the_panel(page: Page, served: Served) -> None:
    page.goto(served.address)
    card = page.get_by_role("treeitem", name=re.compile("^train, "))
    expect(card).to_be_visible()
    for _ in range(5):
        page.get_by_role("button", name="Zoom in").click()
    card.press("Space")
    panel = page.get_by_role("complementary", name="Asset train")
    expect(panel).to_be_visible()
    page.wait_for_timeout(300)
    box, side = card.bounding_box(), panel.bounding_box()
    assert box is not None
    assert side is not None
    assert box["x"] + box["width"] <= side["x"]
