"""Runs in a browser: one as it goes on, its errors and its log; the list and two side by side; a launch."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import browsing
import pytest
from browsing import Served
from playwright.sync_api import Browser, Page, expect

PIPELINE = Path(__file__).parent / "long_pipeline.py"
MODEL = ["gate", "shaky", "fitted", "report"]


@pytest.fixture(scope="module")
def served(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`tidemill dev` on a copy of `long_pipeline.py`; tests come in any order, and leave their runs to the others."""
    folder = tmp_path_factory.mktemp("runs")
    file = Path(shutil.copy(PIPELINE, folder / "pipeline.py"))
    with browsing.served(folder, file) as server:
        server.ready()
        yield server


def close(served: Served) -> Path:
    """Close the gate; unlink what comes back to open it."""
    path = served.folder / "closed"
    path.touch()
    return path


def step(page: Page, name: str, status: str = "") -> object:
    """The row of a step."""
    return page.get_by_role("button", name=re.compile(rf"^{name} ?: {status}"))


def test_an_empty_store_says_how_a_first_run_comes_to_be(page: Page, tmp_path: Path) -> None:
    file = Path(shutil.copy(PIPELINE, tmp_path / "pipeline.py"))
    with browsing.served(tmp_path, file) as untouched:
        untouched.ready()
        _an_empty_store(page, untouched)
        page.goto("about:blank")  # it would complain that the server is gone


def _an_empty_store(page: Page, untouched: Served) -> None:
    page.goto(untouched.at("/runs"))
    expect(page.get_by_role("heading", name="No runs yet")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="launch").click()
    expect(page.get_by_role("heading", name="Launch", exact=True)).to_be_visible()


def test_a_run_is_watched_to_its_end(page: Page, served: Served) -> None:
    gate = close(served)
    number = served.ask("/api/runs", {"assets": MODEL, "tags": {"why": "look"}})["number"]
    page.goto(served.at(f"/runs/{number}"))
    expect(step(page, "gate", "started")).to_be_visible()
    log = page.get_by_role("list", name="Lines of gate")
    expect(log).to_contain_text("waiting at the gate")
    expect(step(page, "report", "planned")).to_be_visible()
    before = page.get_by_role("list", name="Steps").bounding_box()
    gate.unlink()
    expect(step(page, "report", "succeeded")).to_be_visible()
    expect(step(page, "shaky", "succeeded, .* 2 attempts")).to_be_visible()
    assert page.get_by_role("list", name="Steps").bounding_box() == before, "the steps have moved"
    page.get_by_role("button", name=re.compile("^gate ?: ")).click()
    expect(log).to_contain_text("through the gate")
    expect(page).to_have_url(re.compile("step=gate"))
    page.get_by_role("tab", name="Checks 1 of 1").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("good of fitted failed")
    page.get_by_role("tab", name="Made and reused").click()
    page.get_by_role("tabpanel").get_by_role("link", name=re.compile("^report@")).click()
    expect(page).to_have_url(re.compile("/assets/report"))


def test_many_steps_begin_at_the_top_and_the_chosen_one_is_in_view(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "pipeline.py"
    file.write_text(
        "from tidemill import Definitions, DynamicOut, DynamicOutput, job, op\n"
        "@op(out=DynamicOut())\ndef parts():\n"
        "    yield from (DynamicOutput(n, mapping_key=str(n)) for n in range(40))\n"
        "@op\ndef part(x): return x\n"
        "@op\ndef total(xs): return sum(xs)\n"
        "@job\ndef many(): total(parts().map(part).collect())\n"
        "defs = Definitions(jobs=[many])\n"
    )
    with browsing.served(tmp_path, file) as served:
        page.goto(served.at("/launch"))  # where there are no assets, it begins with the first job
        expect(page.get_by_role("button", name="Launch 3 steps")).to_be_enabled()
        number = served.run(job="many")
        page.goto(served.at(f"/runs/{number}"))  # the last step is chosen, which is the second of the plan
        expect(step(page, "total")).to_be_in_viewport()
        assert page.get_by_role("list", name="Steps").evaluate("(list) => list.scrollTop") == 0
        expect(page.get_by_role("main")).not_to_contain_text("Makes")
        page.goto(served.at(f"/runs/{number}?step=part%5B39%5D"))
        expect(step(page, re.escape("part[39]"))).to_be_in_viewport()
        expect(step(page, "parts")).to_have_count(0)
        page.goto("about:blank")  # it would complain that the server is gone


@pytest.mark.parametrize(
    ("asset", "said"), [("training", "37 % · epoch 3"), ("bar", "25 % · |##      | 2/8")]
)
def test_how_far_a_step_is_shows_while_it_runs(page: Page, served: Served, asset: str, said: str) -> None:
    going = served.folder / "epochs"
    going.touch()
    number = served.ask("/api/runs", {"assets": [asset]})["number"]
    page.goto(served.at(f"/runs/{number}"))
    row = step(page, asset, "started")
    expect(row).to_contain_text(said)
    expect(page.get_by_role("region", name=f"Log of {asset}")).to_contain_text(said)
    page.goto(served.at("/"))
    card = page.get_by_role("treeitem", name=f"{asset}, running, {said.split('|')[0].strip()}")
    expect(card).to_be_attached()
    going.unlink()
    expect(page.get_by_role("treeitem", name=re.compile(rf"^{asset}, fresh"))).to_be_attached()
    log = served.ask(f"/api/run/{number}/log?step={asset}")["items"]
    assert [line["text"] for line in log] == ([] if asset == "training" else ["100%|########| 8/8"])


def test_a_failed_step_opens_with_the_users_lines_and_a_rerun_mends_it(page: Page, served: Served) -> None:
    broken = served.folder / "broken"
    broken.touch()
    number = served.run(assets=MODEL)
    page.goto(served.at(f"/runs/{number}"))
    error = page.get_by_role("region", name="Error").first
    expect(error.get_by_role("heading")).to_have_text("KeyError: 'weights'")
    expect(error).to_contain_text('look_up({}, "weights")')
    expect(error).to_contain_text("return table[name]")
    expect(step(page, "report", "blocked")).to_be_visible()
    broken.unlink()
    page.get_by_role("button", name="From the failure").click()
    expect(page).to_have_url(re.compile(f"/runs/{number + 1}$"))
    expect(page.get_by_role("heading", name=f"Run {number + 1}")).to_be_visible()
    expect(step(page, "fitted", "succeeded")).to_be_visible()
    expect(step(page, "report", "succeeded")).to_be_visible()
    page.get_by_role("link", name=f"run {number}", exact=True).click()
    expect(page.get_by_role("link", name=str(number + 1), exact=True)).to_be_visible()


def test_a_run_is_canceled(page: Page, served: Served) -> None:
    gate = close(served)
    number = served.ask("/api/runs", {"assets": ["gate"]})["number"]
    page.goto(served.at(f"/runs/{number}"))
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("banner").or_(page.locator("header"))).to_contain_text("canceled")
    expect(step(page, "gate", "canceled")).to_be_visible()
    gate.unlink()


def test_a_long_log_is_read_from_end_to_end(page: Page, served: Served) -> None:
    number = served.run(assets=["chatty"])
    page.goto(served.at(f"/runs/{number}"))
    lines = page.get_by_role("list", name="Lines of chatty")
    expect(page.get_by_text("30,001 lines")).to_be_visible()
    expect(lines).to_contain_text("line 29999 of many")
    page.get_by_role("button", name="First error").click()
    expect(lines).to_contain_text("something odd happened")
    expect(page.get_by_role("complementary", name="Line 15001")).to_contain_text("something odd happened")
    lines.evaluate("list => list.scrollTo(0, 0)")
    expect(lines).to_contain_text("line 0 of many")
    page.get_by_label("Lines that contain").fill("LINE 7777 ")
    expect(page.get_by_text("1 of 30,001 lines", exact=True)).to_be_visible()
    expect(lines).to_contain_text("line 7777 of many")
    assert lines.get_by_role("listitem").count() == 1
    page.get_by_label("Lines that contain").fill("no such line")
    expect(page.get_by_role("heading", name="No line contains that")).to_be_visible()


def test_runs_are_filtered_and_two_are_compared(page: Page, served: Served) -> None:
    one = served.run(assets=MODEL, config={"ops": {"fitted": {"config": {"rounds": 5}}}}, tags={"try": "5"})
    other = served.run(assets=MODEL, config={"ops": {"fitted": {"config": {"rounds": 9}}}})
    gate = close(served)
    live = served.ask("/api/runs", {"job": "nightly"})["number"]
    page.goto(served.at("/runs"))
    first = page.get_by_role("list", name="Runs").get_by_role("listitem").first
    expect(first).to_contain_text(f"Run {live}")
    expect(first.get_by_role("progressbar")).to_be_visible()
    gate.unlink()
    expect(first).to_contain_text("succeeded")
    page.get_by_label("Tag").fill("try=5")
    page.get_by_label("Tag").press("Enter")
    expect(page).to_have_url(re.compile("tag=try%3D5"))
    expect(page.get_by_role("link", name=f"Run {other}", exact=True)).not_to_be_attached()
    expect(page.get_by_role("link", name=f"Run {one}", exact=True)).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="canceled").click()
    expect(page.get_by_role("link", name=f"Run {one}", exact=True)).not_to_be_attached()
    page.get_by_role("button", name="canceled").click()
    for number in (other, one):
        page.get_by_label(f"Compare run {number}", exact=True).check()
    page.get_by_role("button", name=f"Compare {one} and {other}").click()
    expect(page).to_have_url(re.compile(f"before={one}&after={other}"))
    expect(page.get_by_role("row", name="ops.fitted.config.rounds 5 9")).to_be_visible()
    expect(page.get_by_role("row", name="fitted score 0.55 0.59 +0.04 (+7.3 %)")).to_be_visible()
    expect(page.get_by_text("The code of what both made is the same.")).to_be_visible()


def test_a_form_is_filled_checked_and_launched(page: Page, served: Served) -> None:
    page.goto(served.at("/launch?assets=gate,fitted"))
    fitted = page.get_by_role("region", name="fitted")
    rounds = fitted.get_by_label("rounds", exact=True)
    expect(rounds).to_have_value("3")
    expect(page.get_by_label("password")).to_have_attribute("type", "password")
    expect(page.get_by_label("password")).to_have_value("")
    rounds.fill("500")
    expect(fitted.get_by_text("Less than or equal to 50")).to_be_visible()
    launch = page.get_by_role("button", name=re.compile("^Launch"))
    expect(launch).to_be_disabled()
    rounds.fill("4")
    expect(launch).to_be_enabled()
    fitted.get_by_label("Kind of model").select_option("forest")
    fitted.get_by_label("trees", exact=True).fill("12")
    page.get_by_role("tab", name="JSON").click()
    text = page.get_by_label("Config as JSON")
    expect(text).to_have_value(re.compile(r'"trees": 12'))
    text.fill(text.input_value().replace('"rounds": 4', '"rounds": 6'))
    page.get_by_role("tab", name="Form").click()
    expect(rounds).to_have_value("6")
    page.get_by_role("button", name="+ Add a tag").click()
    page.get_by_label("Name of tag 1").fill("from")
    page.get_by_label("Value of tag 1").fill("the form")
    launch.click()
    page.wait_for_url(re.compile(r"/runs/\d+"))
    number = int(page.url.rsplit("/", 1)[1].split("?")[0])
    run = served.ask(f"/api/run/{served.ended(number)}")
    given = {"rounds": 6, "model": {"kind": "forest", "trees": 12}}
    assert run["config"] == {"ops": {"fitted": {"config": given}}}
    assert run["tags"]["from"] == "the form"
    assert run["status"] == "succeeded"

    page.get_by_role("button", name="Change config …").click()
    expect(rounds).to_have_value("6")
    expect(fitted.get_by_label("trees", exact=True)).to_have_value("12")
    page.get_by_role("button", name="All defaults").first.click()
    expect(rounds).to_have_value("3")
    page.get_by_role("button", name=f"As in run {number}").click()
    expect(rounds).to_have_value("6")
    expect(fitted.get_by_label("trees", exact=True)).to_have_value("12")


def test_partitions_are_picked_or_typed(page: Page, served: Served, complaints: list[str]) -> None:
    page.goto(served.at("/launch?select=daily"))
    page.get_by_role("button", name="Launch 1 step").click()
    expect(page.get_by_role("alert")).to_contain_text("Which partition of 'daily'?")
    complaints.clear()  # the browser says in its console that the server refused
    page.get_by_role("button", name="2026-01-09").click()
    expect(page.get_by_label("Partitions")).to_have_value("2026-01-09")
    page.get_by_role("button", name="Launch 1 step").click()
    page.wait_for_url(re.compile(r"/runs/\d+"))
    expect(page.get_by_text("Partition 2026-01-09")).to_be_visible()
