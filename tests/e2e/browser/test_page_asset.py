"""The page of an asset in a browser: its versions, what differs between them, plots, lineage, partitions."""

from __future__ import annotations

import re

import pytest
from browsing import Served
from playwright.sync_api import Page, expect

MORE = """

days = DailyPartitionsDefinition("2026-01-01", end_date="2026-01-11")


@asset(partitions_def=days)
def daily(context) -> float:
    context.add_output_metadata({"day": int(context.partition_key[-2:])})
    return float(context.partition_key[-2:])


defs = Definitions(assets=[numbers, split, model, score, daily], asset_checks=[enough, small_error])
"""


@pytest.fixture(scope="module")
def lived_in(served: Served) -> Served:
    """Three versions of everything, of two configs; then an edit that leaves `split` and what follows stale."""
    source = served.file.read_text().replace(
        "    AssetOut,\n", "    AssetOut,\n    DailyPartitionsDefinition,\n"
    )
    served.ready(lambda: served.file.write_text(source + MORE))
    for rows in (100, 60, 80):
        served.run(selection="numbers*", config={"ops": {"numbers": {"config": {"rows": rows}}}})
    served.run(assets=["daily"], partitions=["2026-01-03"])
    edited = served.file.read_text().replace("* 4 // 5", "* 3 // 5")
    served.ready(lambda: served.file.write_text(edited))
    return served


def open_asset(page: Page, served: Served, path: str) -> None:
    page.goto(served.at(f"/assets/{path}"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_the_overview_says_how_it_is_and_why(page: Page, lived_in: Served) -> None:
    open_asset(page, lived_in, "train")
    expect(page.get_by_role("region", name="Why it is not fresh")).to_contain_text("split() changed")
    open_asset(page, lived_in, "numbers")
    expect(page.get_by_role("region", name="Config")).to_have_text(re.compile(r"rows integer\s*100"))
    open_asset(page, lived_in, "score")
    expect(page.locator("header")).to_contain_text("Stale")
    expect(page.get_by_role("region", name="Definition")).to_contain_text("How far the model is off.")
    picture = page.get_by_role("img", name="a plot")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") == 1
    expect(page.get_by_role("cell", name="2", exact=True)).to_be_visible()
    expect(page.get_by_role("group", name="The value of score by version")).to_be_visible()


def test_two_versions_are_chosen_and_compared(page: Page, lived_in: Served) -> None:
    open_asset(page, lived_in, "numbers?tab=versions")
    rows = page.get_by_role("list", name="Versions").get_by_role("listitem")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("config")
    page.get_by_role("checkbox", name="Compare @3").check()
    page.get_by_role("checkbox", name="Compare @1").check()
    page.get_by_role("button", name="Compare @1 and @3").click()
    expect(page).to_have_url(re.compile(r"before=1&after=3"))
    config = page.get_by_role("region", name="Config")
    expect(config.get_by_role("row", name="rows 100 80")).to_contain_text("\N{MINUS SIGN}20")
    expect(page.get_by_text("The same in both: code, inputs, libraries.")).to_be_visible()
    page.get_by_role("button", name="Swap the two").click()
    expect(config.get_by_role("row", name="rows 80 100")).to_contain_text("+20")


def test_from_an_input_that_differs_a_link_leads_to_what_differs_in_it(page: Page, lived_in: Served) -> None:
    open_asset(page, lived_in, "score?before=1&after=2")
    expect(page.get_by_role("region", name="Metadata").get_by_role("row", name="error")).to_contain_text("%")
    expect(page.get_by_role("img", name="a plot")).to_have_count(2)
    page.get_by_role("link", name="What changed in test").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("test")
    page.get_by_role("link", name="What changed in numbers").click()
    config = page.get_by_role("region", name="Config")
    expect(config.get_by_role("row", name="rows 100 60")).to_be_visible()


def test_a_version_opens_with_all_of_it_and_leads_on(
    page: Page, lived_in: Served, complaints: list[str]
) -> None:
    open_asset(page, lived_in, "model?version=2")
    version = page.get_by_role("article", name="model@2")
    expect(version.get_by_text("tidemill show model@2")).to_be_visible()
    version.get_by_role("region", name="Made from it").get_by_role("link", name="score@2").click()
    expect(page.get_by_role("article", name="score@2")).to_be_visible()
    page.get_by_role("button", name="Newer version").click()
    expect(page.get_by_role("article", name="score@3")).to_contain_text("small_error")
    page.go_back()
    page.go_back()
    expect(page.get_by_role("article", name="model@2")).to_be_visible()
    open_asset(page, lived_in, "model?version=99")
    expect(page.get_by_role("alert")).to_contain_text("There is no version model@99")
    complaints.clear()  # the browser tells of the 404


def test_a_click_on_a_plot_opens_the_version(page: Page, lived_in: Served) -> None:
    open_asset(page, lived_in, "numbers?tab=plots")
    page.get_by_role("checkbox", name="mean on one chart").check()
    page.get_by_role("checkbox", name="rows on one chart").check()
    together = page.get_by_role("region", name="Chosen series on one chart")
    expect(together.get_by_text("mean", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("checkbox", name="rows on one chart")).to_be_checked()
    page.get_by_role("region", name="rows").get_by_role("group", name="rows").focus()
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("article", name="numbers@2")).to_be_visible()


def test_checks_tell_how_they_went_and_the_lineage_what_is_around(page: Page, lived_in: Served) -> None:
    open_asset(page, lived_in, "score?tab=checks")
    history = page.get_by_role("group", name="Verdicts of small_error, oldest first").get_by_role("button")
    expect(history).to_have_count(3)
    history.first.click()
    expect(page.get_by_role("article", name="score@1")).to_be_visible()
    open_asset(page, lived_in, "model?tab=lineage&up=1&down=1")
    for name in ("train, stale", "model, stale", "score, stale"):
        expect(page.get_by_role("treeitem", name=name)).to_be_attached()
    expect(page.get_by_role("treeitem", name="numbers")).to_have_count(0)
    page.get_by_role("link", name="Show these in the graph").click()
    expect(page).to_have_url(re.compile(r"/\?select=1%2Bmodel%2B1"))


def test_partitions_are_chosen_and_made(page: Page, lived_in: Served) -> None:
    open_asset(page, lived_in, "daily?tab=partitions")
    page.get_by_role("button", name="2026-01-01...2026-01-02: 2 missing").click()
    expect(page.get_by_text("--partition 2026-01-01...2026-01-02")).to_be_visible()
    page.get_by_role("textbox", name="Partitions to make").fill("2026-01-05")
    page.get_by_role("button", name="Materialize 1 partition").click()
    expect(page.get_by_role("button", name="2026-01-05: fresh")).to_be_attached()
    page.get_by_role("listitem").get_by_role("link", name="2026-01-05").click()
    expect(
        page.get_by_role("list", name="Versions").get_by_role("link", name="2026-01-05 @1")
    ).to_be_visible()


def test_what_is_made_while_the_page_is_open_appears(page: Page, lived_in: Served) -> None:
    open_asset(page, lived_in, "model?tab=versions")
    rows = page.get_by_role("list", name="Versions").get_by_role("listitem")
    expect(rows).to_have_count(3)
    page.get_by_role("button", name="Materialize", exact=True).click()
    expect(rows).to_have_count(4)
    expect(rows.first).to_contain_text("same value")


def test_an_asset_that_nobody_knows(page: Page, lived_in: Served, complaints: list[str]) -> None:
    page.goto(lived_in.at("/assets/nobody"))
    expect(page.get_by_role("alert")).to_contain_text("nobody")
    expect(page.get_by_role("main").get_by_role("link", name="catalog")).to_be_visible()
    complaints.clear()  # the browser tells of the 404
