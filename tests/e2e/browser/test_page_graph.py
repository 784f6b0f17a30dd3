"""The graph in a browser: what is drawn, and what a run changes on it."""

from __future__ import annotations

from browsing import Served
from playwright.sync_api import Page, expect


def test_an_empty_store_shows_the_graph_and_a_run_fills_it(page: Page, served: Served) -> None:
    page.goto(served.address)
    expect(page.get_by_role("treeitem", name="score, missing")).to_be_attached()
    page.get_by_role("button", name="Materialize all").click()
    expect(page.get_by_role("treeitem", name="score, fresh, 50, 1 check failed")).to_be_attached()
