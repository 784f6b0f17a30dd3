"""Each page, each of its tabs, in light and dark: nothing that axe calls serious or critical."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browsing import ROOT, Served
from conftest import NewPage
from playwright.sync_api import Page, expect

AXE = ROOT / "ui" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")
# Spinners go on for ever; what fades ends.
STILL = """() => document.getAnimations().every((one) =>
    one.playState !== "running" || one.effect.getTiming().iterations === Infinity)"""
COLOURS = ("color-contrast", "link-in-text-block")  # of the rules that axe runs by itself
RUN = """(only) => axe.run(only.length > 0 ? { runOnly: { type: "rule", values: only } } : {})
    .then((results) => results.violations)"""
GROUND = "getComputedStyle(document.body).backgroundColor"
PAGES = {
    "graph": "/",
    "graph with a selection": "/?select=model%2B",
    "catalog": "/catalog",
    "asset": "/assets/score",
    "asset with tables": "/assets/numbers",
    "asset that is missing": "/assets/late",
    "asset that does not exist": "/assets/nobody",
    "runs": "/runs",
    "two runs": "/runs?before=1&after=2",
    "run": "/runs/1",
    "failed run": "/runs/3",
    "run that does not exist": "/runs/99",
    "launch": "/launch",
    "launch of some": "/launch?assets=numbers%2Cscore",
    "store": "/store",
    "no page": "/nowhere",
}
LATE = """

@asset
def late(score):
    raise ValueError("it is late")


defs = Definitions(assets=[numbers, split, model, score, late], asset_checks=[enough, small_error])
"""


@pytest.fixture(scope="module")
def lived_in(served: Served) -> Iterator[Served]:
    """A server whose store has runs, versions, failures, and stale and missing assets."""
    served.run()
    served.run(config={"ops": {"numbers": {"config": {"rows": 60}}}})
    source = served.file.read_text().replace("rows: int = 100", "rows: int = 80")
    served.ready(lambda: served.file.write_text(source + LATE))
    served.run(assets=["late"])
    return served


def findings(page: Page) -> list[str]:
    """What axe finds grave on a page: rule, element, how to mend it. In dark only colours are others than in light."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[tuple[str, dict[str, Any]]] = []
    grounds = set()
    for scheme, rules in (("dark", COLOURS), ("light", ())):
        page.emulate_media(color_scheme=scheme)
        # Colours fade into one another for some tenths of a second, and halfway they have no contrast.
        page.wait_for_function(STILL)
        grounds.add(page.evaluate(GROUND))
        found += [(scheme, rule) for rule in page.evaluate(RUN, list(rules))]
    assert len(grounds) == 2, "the page does not follow the scheme"
    return [
        f"{scheme}: {rule['id']}: {node['html'][:200]}: {node['failureSummary']}"
        for scheme, rule in found
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


def pick(page: Page, asset: str) -> None:
    """Open the panel of an asset in the graph, and the menu of the button above it."""
    page.get_by_role("treeitem", name=f"{asset}, ").press("Space")
    expect(page.get_by_role("complementary", name=f"Asset {asset}")).to_contain_text("Made from")
    page.get_by_role("button", name="More ways to materialize").click()


def opened(page: Page, served: Served, path: str) -> None:
    """Go there, and wait until it is drawn."""
    page.goto(served.at(path))
    expect(page.locator("main")).not_to_be_empty()
    expect(page.locator("main")).not_to_contain_text("Loading …")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_grave_finding(
    new_page: NewPage, complaints: list[str], lived_in: Served, name: str
) -> None:
    page = new_page()
    opened(page, lived_in, PAGES[name])
    found = findings(page)
    tabs = page.get_by_role("tab")
    for tab in range(tabs.count()):
        tabs.nth(tab).click()
        found += findings(page)
    complaints[:] = [text for text in complaints if "404" not in text]
    assert found == []


def test_the_panel_and_the_menu_of_the_graph_have_none(new_page: NewPage, lived_in: Served) -> None:
    page = new_page()
    opened(page, lived_in, "/")
    pick(page, "score")
    assert findings(page) == []
