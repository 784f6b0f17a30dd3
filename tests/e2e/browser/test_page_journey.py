"""A day with the guide's pipeline, from an empty store: look, make, watch, read, break, see why, mend, go on."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import pytest
from browsing import ROOT, Served, served
from playwright.sync_api import Browser, Locator, Page, expect

EXAMPLE = ROOT / "examples" / "hackernews"
LONG = 60_000
SCORE = "comments_model_test_set_r_squared"
MODEL = "xgboost_comments_model"
# The names of all cards, as they change: what a reader sees while a run goes on.
WATCH = """() => {
    window.seen = new Set();
    const look = () => {
        for (const item of document.querySelectorAll('[role=treeitem]')) window.seen.add(item.ariaLabel);
        requestAnimationFrame(look);
    };
    look();
}"""
RIGHT = "return model.fit(rows, comments)"
WRONG = "return model.fit(rows, comments[1:])"


@pytest.fixture(scope="module")
def guide(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The guide's pipeline in a folder of its own, on made-up stories; nothing was ever run."""
    folder = tmp_path_factory.mktemp("guide") / "hackernews"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    with served(folder, folder / "guide.py", TIDEMILL_HN_SEED="11") as server:
        yield server


def card(page: Page, name: str, state: str = "") -> Locator:
    """The card of an asset in the graph, in a state."""
    return page.get_by_role("treeitem", name=re.compile(rf"^{name}, {state}"))


@pytest.mark.timeout(300)
def test_a_day_with_the_guide(page: Page, guide: Served) -> None:
    # The graph of what the file defines.
    page.goto(guide.address)
    expect(card(page, SCORE, "missing")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("treeitem", name=re.compile(", missing"))).to_have_count(9)

    # Make everything, and watch it.
    page.evaluate(WATCH)
    page.get_by_role("button", name="Materialize all").click()
    expect(card(page, SCORE, r"fresh, -?\d+\.\d+")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("button", name="9 fresh")).to_be_visible(timeout=LONG)
    seen = page.evaluate("[...window.seen]")
    assert {f"{MODEL}, running", f"{SCORE}, queued"} <= set(seen), seen

    # The model.
    card(page, MODEL).press("Enter")
    expect(page.get_by_role("heading", name=MODEL, level=1)).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("XGBRegressor")
    expect(page.get_by_role("main")).to_contain_text("n_estimators")

    # A second run gives the score a second point.
    guide.run()
    page.goto(guide.at(f"/assets/{SCORE}"))
    page.get_by_role("tab", name="Plots").click()
    plot = page.get_by_role("region", name="value")
    expect(plot).to_contain_text("2 points")
    expect(plot.get_by_role("img").locator("path, circle").first).to_be_attached()

    # Break it.
    source = guide.file.read_text(encoding="utf-8")
    assert RIGHT in source
    page.get_by_role("link", name="Graph").first.click()
    expect(card(page, MODEL, "fresh")).to_be_visible()
    guide.file.write_text(source.replace(RIGHT, WRONG), encoding="utf-8")
    expect(card(page, MODEL, "stale")).to_be_visible(timeout=LONG)
    expect(card(page, SCORE, "stale")).to_be_visible()
    why = guide.ask("/api/states")["states"][MODEL]["why"]
    box = card(page, MODEL).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 20)
    expect(page.get_by_text(why)).to_be_visible()
    page.get_by_role("button", name=re.compile(r"^Refresh \(\d+\)")).click()
    expect(card(page, MODEL, "failed")).to_be_visible(timeout=LONG)

    # See the failure: the user's line first.
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Runs").click()
    page.get_by_role("main").get_by_role("link", name=re.compile("^(Run )?3$")).first.click()
    expect(page.get_by_role("heading", name="Run 3")).to_be_visible()
    error = page.get_by_role("region", name="Error").last
    expect(error).to_contain_text(WRONG, timeout=LONG)
    expect(error).to_contain_text("guide.py")

    # Mend it, and go on from where it failed.
    guide.ready(lambda: guide.file.write_text(source, encoding="utf-8"))
    page.get_by_role("button", name="From the failure").click()
    expect(page.get_by_role("heading", name="Run 4")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("succeeded", timeout=LONG)
    rows = {row["step"]: row["status"] for row in guide.ask("/api/run/4")["rows"]}
    assert "hackernews_stories" not in rows or rows["hackernews_stories"] == "reused"
    page.get_by_role("link", name="Graph").first.click()
    expect(page.get_by_role("button", name="9 fresh")).to_be_visible(timeout=LONG)
