"""What users say is text: a hundred payloads through everything that a pipeline can say, then every page.

Nothing runs, nothing is asked of another host, nothing is in the page that could; and no secret is in any answer.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import urlopen

import pytest
from browsing import PATIENCE, Served, served
from hostile import PAYLOADS
from playwright.sync_api import Browser, Page, expect

HERE = Path(__file__).parent
SECRET = "canary-7f3a9b2c41"
LISTEN = """
addEventListener("securitypolicyviolation", (event) => {
    violated(event.violatedDirective, event.blockedURI, event.target === document);
});
"""
# What makes Markdown harmless parses it first, in a document that loads, runs and shows nothing; the policy holds
# there, too, and tells of styles, handlers and bases before they are taken out. It tells the document; what is on the
# page is told itself.
PARSED = ("style-src-attr", "style-src-elem", "script-src-attr", "base-uri")
INSPECT = (HERE / "inspect_page.js").read_text(encoding="utf-8")


class Watch(NamedTuple):
    """A page, and what it did that it should not have."""

    page: Page
    done: list[str]


@pytest.fixture(scope="module")
def hostile_server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two runs of the pipeline, which fails each time; tags and config as hostile as the rest."""
    assert len(set(PAYLOADS)) == 100
    folder = tmp_path_factory.mktemp("hostile")
    for name in ("hostile.py", "hostile_pipeline.py"):
        shutil.copy(HERE / name, folder)
    with served(folder, folder / "hostile_pipeline.py", HOSTILE_API_KEY=SECRET) as server:
        server.run(tags={f"tag {number}": payload for number, payload in enumerate(PAYLOADS)})
        unit = next(
            node["unit"] for node in server.ask("/api/graph")["nodes"] if node["unit"].startswith("_img")
        )
        config = {"ops": {unit: {"config": {"text": PAYLOADS[15], "texts": list(PAYLOADS)}}}}
        server.run(tags={PAYLOADS[15]: PAYLOADS[0]}, config=config)
        yield server


@pytest.fixture
def watch(browser: Browser, hostile_server: Served) -> Iterator[Watch]:
    """A page that tells of dialogs, requests to others, scripts that ran, windows, and what the policy had to stop."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    done: list[str] = []
    context.expose_function("hostile", lambda *_: done.append("a script of a payload ran"))
    context.expose_function(
        "violated",
        lambda rule, what, unseen: (
            (unseen and rule in PARSED) or done.append(f"the policy stopped {rule} {what}")
        ),
    )
    context.add_init_script(LISTEN)
    ours = (hostile_server.address, "data:", "blob:" + hostile_server.address)
    context.on("request", lambda asked: asked.url.startswith(ours) or done.append(f"asked for {asked.url}"))
    page = context.new_page()
    page.on("dialog", lambda dialog: (done.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
    page.on("popup", lambda window: done.append(f"a window: {window.url}"))
    page.on("pageerror", lambda error: done.append(f"threw {error}"))
    yield Watch(page, done)
    context.close()


def keys_of(server: Served) -> list[str]:
    """All assets."""
    return [node["key"] for node in server.ask("/api/graph")["nodes"]]


def looked_at(watch: Watch, server: Served, path: str) -> str:
    """Open a page, wait until it is drawn, inspect it; all its text."""
    page = watch.page
    page.goto(server.at(path))
    return inspected(watch, server)


def inspected(watch: Watch, server: Served) -> str:
    """Inspect what is shown; all its text."""
    page = watch.page
    expect(page.locator("main")).not_to_be_empty()
    expect(page.locator("main")).not_to_contain_text("Loading ")
    assert page.url.startswith(server.address)
    assert page.evaluate(INSPECT) == []
    assert watch.done == []
    assert SECRET not in page.content()
    return str(page.locator("main").inner_text())


def test_the_graph_and_its_panel(watch: Watch, hostile_server: Served) -> None:
    looked_at(watch, hostile_server, "/")
    page = watch.page
    for key in keys_of(hostile_server):
        card = page.get_by_role("tree").locator(f'[aria-label^="{_quoted(key)}"]')
        box = card.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 20, box["y"] + 10)
        page.mouse.down()
        page.mouse.up()
        expect(page.get_by_role("complementary", name=f"Asset {key}")).to_be_visible()
        inspected(watch, hostile_server)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


@pytest.mark.parametrize("number", range(7))
def test_an_asset_with_each_of_its_tabs(watch: Watch, hostile_server: Served, number: int) -> None:
    key = keys_of(hostile_server)[number]
    seen = looked_at(watch, hostile_server, f"/assets/{quote(key, safe='')}")
    assert key[:20] in seen
    tabs = watch.page.get_by_role("tab")
    assert tabs.count() > 4
    for tab in range(tabs.count()):
        tabs.nth(tab).click()
        seen += inspected(watch, hostile_server)
    if number < 5:
        watch.page.goto(hostile_server.at(f"/assets/{quote(key, safe='')}"))
        picture = watch.page.get_by_alt_text("a plot")
        expect(picture.first).to_be_visible()
        assert picture.first.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 0
        said = [text for text in PAYLOADS[number * 20 : number * 20 + 20] if text in seen]
        assert len(said) > 10, "the texts are not shown"


@pytest.mark.parametrize(
    "path", ["/catalog", "/runs", "/launch", "/store", f"/?select={quote(PAYLOADS[15])}"]
)
def test_other_pages(watch: Watch, hostile_server: Served, path: str) -> None:
    assert looked_at(watch, hostile_server, path)


@pytest.mark.parametrize("number", [1, 2])
def test_a_run_with_the_log_of_each_step(watch: Watch, hostile_server: Served, number: int) -> None:
    looked_at(watch, hostile_server, f"/runs/{number}")
    for row in hostile_server.ask(f"/api/run/{number}")["rows"]:
        looked_at(watch, hostile_server, f"/runs/{number}?{urlencode({'step': row['step']})}")
        tabs = watch.page.get_by_role("tab")
        for tab in range(tabs.count()):
            tabs.nth(tab).click()
            inspected(watch, hostile_server)


def test_a_secret_is_in_no_answer(hostile_server: Served) -> None:
    told = {address: text_at(hostile_server, address) for address in every_get(hostile_server)}
    assert len(told) > 40
    assert [address for address, text in told.items() if SECRET[:10] in text] == []
    assert any("********" in text for text in told.values()), "nothing that was masked is shown"


def text_at(server: Served, address: str) -> str:
    """What a route answers, also where it refuses."""
    try:
        with urlopen(server.at(address), timeout=PATIENCE) as answer:
            return str(answer.read().decode())
    except HTTPError as refused:
        with refused:
            return refused.read().decode()


def every_get(server: Served) -> Iterator[str]:
    """An address for each GET of the API, with each asset, run and step that there is, but for the stream."""
    values: dict[str, list[Any]] = {
        "key": keys_of(server),
        "step": [row["step"] for row in server.ask("/api/run/1")["rows"]],
        "run": [1, 2],
        "number": [1, 2],
        "before": [1],
        "after": [2],
        "expression": ["*"],
    }
    for path, methods in server.ask("/api/openapi.json")["paths"].items():
        if "get" not in methods or path == "/api/events":
            continue
        required = [one for one in methods["get"].get("parameters", ()) if one.get("required")]
        for chosen in product(*(values[one["name"]] for one in required)):
            given = dict(zip((one["name"] for one in required), chosen, strict=True))
            inside = {one["name"]: given.pop(one["name"]) for one in required if one["in"] == "path"}
            yield f"{path.format(**inside)}?{urlencode(given)}"
