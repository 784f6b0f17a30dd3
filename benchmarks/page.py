"""What the page costs in a browser: from the command to a picture, from a click to user code, and panning.

    command ─▶ tidemill dev ─▶ Chromium: click ─▶ worker: first line … last line ─▶ Chromium: a frame shows it

Clocks are those of one machine: the page's `performance.timeOrigin + now()` and the workers' `time.time()`. Where the
user's own imports are part of it, they are the floor: what the server says that they took. Needs Chromium and the
built page; without them there are no rows.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.measuring import row

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "hackernews"
sys.path.append(str(ROOT / "ui"))
browsing = import_module("browsing")

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROUNDS = 7
STARTS = 3
SETTLED = 2.0
"""Seconds from the first picture to an edit: nobody edits sooner, and another interpreter gets ready meanwhile."""

FRAMES = 60
SHORT_STEPS = 2_500
SMALL = """
import time
from pathlib import Path
from tidemill import asset

@asset
def first():
    began = time.time()
    with Path("began").open("a") as file:
        file.write(f"{began}\\n")
    return 1

@asset
def last(first):
    with Path("ended").open("a") as file:
        file.write(f"{time.time()}\\n")
    return len(Path("ended").read_text().split())
"""
MANY = """
import time
from tidemill import Definitions, asset

def made(number):
    above = [n for n in (number - {wide}, number - {wide} - 7) if n >= 0]
    return asset(
        name=f"asset_{{number:05}}",
        group_name=f"group_{{number % {wide} // {per}:03}}",
        deps=[f"asset_{{n:05}}" for n in above],
    )(_short)

def _short():
    time.sleep({seconds})

defs = Definitions(assets=[made(number) for number in range({count})])
"""
# In the page: when a label of a card was first as wanted, in a frame that shows it. Milliseconds since 1970.
WHEN_SHOWN = """(wanted) => new Promise((resolve) => {
    const look = () => {
        const items = [...document.querySelectorAll('[role=treeitem]')];
        const found = items.some((item) => item.ariaLabel?.startsWith(wanted));
        if (found) requestAnimationFrame(() => resolve(performance.timeOrigin + performance.now()));
        else requestAnimationFrame(look);
    };
    look();
})"""
WATCH_CLICKS = """addEventListener("pointerdown", () => {
    window.clicked = performance.timeOrigin + performance.now();
}, true)"""
IS_PAINTED = "() => performance.getEntriesByName('graph:painted').length > 0"
# From the last of the answers that the graph is made of to the first frame that has it.
PAINTED = """() => {
    const entries = performance.getEntriesByType("resource");
    const answered = ["/api/graph", "/api/states", "/api/server"].map(
        (path) => entries.find((entry) => entry.name.endsWith(path))?.responseEnd ?? 0);
    return performance.getEntriesByName("graph:painted")[0].startTime - Math.max(...answered);
}"""
# Panned with two fingers, a step for each frame, there and back; how long each frame took.
PAN = """(frames) => new Promise((resolve) => {
    const canvas = document.querySelector("main canvas").parentElement;
    const took = [];
    let before;
    const step = (now) => {
        if (before !== undefined) took.push(now - before);
        before = now;
        if (took.length === frames) return resolve(took);
        const way = took.length < frames / 2 ? 1 : -1;
        canvas.dispatchEvent(new WheelEvent("wheel", {
            deltaX: way * 12.5, deltaY: way * 4.5, bubbles: true, cancelable: true,
        }));
        requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
})"""
# How long each frame takes from now on.
WATCH_FRAMES = """() => {
    window.took = [];
    let before;
    const step = (now) => {
        if (before !== undefined) window.took.push(now - before);
        before = now;
        requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
}"""


class Start(NamedTuple):
    """Seconds from a command to its graph on the screen, and those of it that the user's imports took."""

    seconds: float
    imports: float


def run() -> list[dict[str, Any]]:
    """The rows; none where there is no browser."""
    if (lacking := browsing.missing()) is not None:
        print(f"page: not measured: {lacking}", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory() as folder, browsing.launched() as browser:
        return [
            *_starting(browser, Path(folder) / "start"),
            *_working(browser, Path(folder) / "work"),
            *_drawing(browser, Path(folder) / "many"),
            *_running(browser, Path(folder) / "busy"),
        ]


@contextmanager
def _opened(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.set_default_timeout(120_000)
    try:
        yield page
    finally:
        page.close()


def _starting(browser: Browser, folder: Path) -> list[dict[str, Any]]:
    """`tidemill dev` of the example with an empty store, with one that remembers its graph, and edits of it."""
    first, again, edits = [], [], []
    for turn in range(STARTS + 1):  # the first fills caches
        example = folder / f"start_{turn}"
        shutil.copytree(EXAMPLE, example, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        for starts in (first, again):
            began = time.time()
            with _serving(example) as server, _opened(browser) as page:
                page.goto(server.address)
                shown = page.evaluate(WHEN_SHOWN, "hackernews_stories, ") / 1000
                server.ready()
                if turn:
                    starts.append(Start(shown - began, _imports(server)))
                if turn and starts is again:
                    time.sleep(SETTLED)
                    edits.append(_edited(page, server, f"edit_{turn}"))
    return [
        row(
            "dev of the example: command to its graph on the screen, beyond its imports",
            _median(start.seconds for start in first),
            "s",
            must=1.2,
            floor=_median(start.imports for start in first),
            judged="above",
            note="the browser is open already; the floor is what the server says that importing the file took",
        ),
        row(
            "the same with a store that remembers the graph: nothing waits for imports",
            _median(start.seconds for start in again),
            "s",
        ),
        row(
            "an edit of the example: file written to the new graph on the screen, beyond its imports",
            1000 * _median(edit.seconds for edit in edits),
            "ms",
            must=500,
            floor=1000 * _median(edit.imports for edit in edits),
            judged="above",
            note="two seconds after the first picture",
        ),
    ]


def _serving(example: Path) -> AbstractContextManager[Any]:
    return browsing.served(example, example / "guide.py", TIDEMILL_HN_SEED="11")


def _edited(page: Page, server: Any, name: str) -> Start:
    source = server.file.read_text(encoding="utf-8")
    began = time.time()
    server.file.write_text(source.replace("defs = ", f"@asset\ndef {name}():\n    return 1\n\n\ndefs = "))
    shown = page.evaluate(WHEN_SHOWN, f"{name}, ") / 1000
    seconds = Start(shown - began, _imports(server))
    server.file.write_text(source)
    return seconds


def _imports(server: Any) -> float:
    return float(server.ask("/api/server")["code"]["seconds"])


def _working(browser: Browser, folder: Path) -> list[dict[str, Any]]:
    """A run from a click to its last frame."""
    folder.mkdir()
    file = folder / "pipeline.py"
    file.write_text(SMALL)
    to_code, to_pixel = [], []
    with browsing.served(folder, file) as server, _opened(browser) as page:
        page.goto(server.address)
        page.evaluate(WHEN_SHOWN, "last, missing")
        page.evaluate(WATCH_CLICKS)
        for turn in range(1, ROUNDS + 2):
            page.get_by_role("button", name="Materialize all").click()
            shown = page.evaluate(WHEN_SHOWN, f"last, fresh, {turn}")  # each run's value is another
            began, ended = (float((folder / name).read_text().split()[-1]) for name in ("began", "ended"))
            if turn > 1:
                to_code.append(1000 * began - page.evaluate("window.clicked"))
                to_pixel.append(shown - 1000 * ended)
            server.ended(turn)
    return [
        row("click on Materialize to the first line of user code", _median(to_code), "ms", must=150),
        row(
            "last line of a step to the frame that shows its version",
            _median(to_pixel),
            "ms",
            must=300,
            note="storing and committing the value is part of it",
        ),
    ]


def _drawing(browser: Browser, folder: Path) -> list[dict[str, Any]]:
    """Graphs of many assets."""
    rows = []
    for count, wide, per, must in ((1_000, 100, 5, 300), (10_000, 600, 3, 1_000)):
        where = folder / str(count)
        where.mkdir(parents=True)
        file = where / "pipeline.py"
        file.write_text(MANY.format(count=count, wide=wide, per=per, seconds=0))
        with browsing.served(where, file) as server:
            server.ready()
            paints: list[float] = []
            frames: list[float] = []
            for _ in range(STARTS):
                with _opened(browser) as page:
                    page.goto(server.address)
                    page.wait_for_function(IS_PAINTED)
                    paints.append(page.evaluate(PAINTED))
                    page.wait_for_timeout(500)
                    frames += page.evaluate(PAN, FRAMES)
        groups = wide // per
        rows += [
            row(
                f"{count:,} assets in {groups} groups: answers there to the first picture",
                _median(paints),
                "ms",
                must=must,
            ),
            row(f"{count:,} assets: a frame while panning, p50", _median(frames), "ms", must=17),
            row(
                f"{count:,} assets: a frame while panning, p95",
                statistics.quantiles(frames, n=20)[-1],
                "ms",
                must=34,
                note="16.7 ms is sixty frames a second; software rendering",
            ),
        ]
    return rows


def _running(browser: Browser, folder: Path) -> list[dict[str, Any]]:
    """Frames of the page of a run, and of the graph, while many short steps go on."""
    folder.mkdir()
    file = folder / "pipeline.py"
    file.write_text(MANY.format(count=SHORT_STEPS, wide=100, per=5, seconds=0.004))
    rows = []
    with browsing.served(folder, file) as server:
        server.ready()
        for what in ("the page of the run", "the graph"):
            with _opened(browser) as page:
                page.goto(server.address)
                page.wait_for_function(IS_PAINTED)
                number = server.ask("/api/runs", {"selection": "*"})["number"]
                if what != "the graph":
                    page.goto(f"{server.address}/runs/{number}")
                page.wait_for_timeout(500)
                page.evaluate(WATCH_FRAMES)
                server.ended(number)
                frames = page.evaluate("window.took")
            rows.append(
                row(
                    f"{SHORT_STEPS:,} short steps go on: a frame of {what}, p95",
                    statistics.quantiles(frames, n=20)[-1],
                    "ms",
                )
            )
    return rows


def _median(values: Any) -> float:
    return float(statistics.median(list(values)))
