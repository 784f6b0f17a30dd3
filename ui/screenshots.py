"""Takes the pictures of the page in docs/images: `make screenshots`, or `python ui/screenshots.py [NAME …]`.

A copy of the example is served on made-up stories, and lived in first: runs with other sizes of the input, an edit that
makes the model better, a step that fails and is mended, an edit that nothing was made with yet. Then each page is
opened in light and in dark.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from browsing import ROOT, SIZE, Served, launched, missing, served
from PIL import Image
from playwright.sync_api import Browser, Page, expect

IMAGES = ROOT / "docs" / "images"
EXAMPLE = ROOT / "examples" / "hackernews"
MOST_BYTES = 150_000
SEED = "11"
PATIENCE = 60_000.0
STILL = """() => document.getAnimations().every((one) =>
    one.playState !== "running" || one.effect.getTiming().iterations === Infinity)"""


class Shot(NamedTuple):
    """A picture: its name, where it is taken, what is there once the page is drawn, and what is done before."""

    name: str
    path: str
    shows: str
    prepare: Callable[[Page], object] = lambda _: None


def _pick_the_predictions(page: Page) -> None:
    page.locator('[role=treeitem][data-id="later_predictions"]').press("Space")
    expect(page.get_by_role("complementary")).to_contain_text("Made from")
    page.get_by_role("button", name="Show all").click()


def _see_the_plot(page: Page) -> None:
    page.get_by_alt_text("comments expected and counted").scroll_into_view_if_needed()


SHOTS = (
    Shot("graph", "/", "Refresh", _pick_the_predictions),
    Shot("asset", "/assets/later_predictions", "Definition", _see_the_plot),
    Shot("plots", "/assets/model_scores?tab=plots", "model_r2"),
    Shot("diff", "/assets/comments_model?tab=compare&before=4&after=6", "alpha"),
    Shot("run", "/runs/7", "failed"),
    Shot("runs", "/runs", "succeeded"),
    Shot("launch", "/launch?assets=settled_stories%2Cmodel_scores", "items"),
    Shot("catalog", "/catalog", "later_matrix"),
    Shot("store", "/store", "later_matrix"),
)


def live_in(server: Served) -> None:
    """Fill the store with what an afternoon leaves there."""
    folder = server.folder
    for items in (500, 4_000, 8_000, 16_000):
        _run(server, items)
    _edit(server, folder / "regression.py", "ALPHA = 20.0", "ALPHA = 40.0")
    server.run(what="stale")
    _run(server, 20_000)
    # A slip, seen by a run of what is stale, and mended.
    _edit(server, folder / "better.py", "comments_model.predict(matrix)", "comments_model.predict(matrix.T)")
    failed = server.run(what="stale", tags={"branch": "transpose"})
    _edit(server, folder / "better.py", "comments_model.predict(matrix.T)", "comments_model.predict(matrix)")
    server.ended(server.ask(f"/api/run/{failed}/rerun", {"part": "failure"})["number"])
    # What the graph shows is stale: nobody has made it with this yet.
    _edit(
        server,
        folder / "better.py",
        "comments_of(earlier_stories).mean()",
        "comments_of(earlier_stories).mean() + 0.0",
    )


def _run(server: Served, items: int) -> None:
    config = {"ops": {"settled_stories": {"config": {"items": items}}}}
    server.run(config=config, tags={"items": f"{items}"})


def _edit(server: Served, file: Path, old: str, new: str) -> None:
    source = file.read_text(encoding="utf-8")
    assert old in source, f"{file.name} has no {old!r}"
    server.ready(lambda: file.write_text(source.replace(old, new), encoding="utf-8"))


def take(browser: Browser, server: Served, shot: Shot, scheme: str) -> bytes:
    """The picture, as a PNG of few colours: text stays sharp, and the file is a fifth of what it would be."""
    context = browser.new_context(viewport=SIZE, color_scheme=scheme, reduced_motion="reduce")
    try:
        page = context.new_page()
        page.goto(server.at(shot.path))
        expect(page.get_by_role("main")).to_contain_text(shot.shows, timeout=PATIENCE)
        shot.prepare(page)
        page.mouse.move(0, 0)
        page.wait_for_timeout(500)  # what is asked for after the first answers: neighbours, charts
        page.wait_for_function(STILL)
        picture = Image.open(io.BytesIO(page.screenshot()))
    finally:
        context.close()
    out = io.BytesIO()
    few = picture.convert("RGB").quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(out, "PNG", optimize=True)
    return out.getvalue()


def main(names: Sequence[str]) -> int:
    """Take those that are named, or all; 1 where something is missing, or a picture is too large."""
    if (lacking := missing()) is not None:
        sys.stderr.write(f"no pictures: {lacking}\n")
        return 1
    shots = [shot for shot in SHOTS if not names or shot.name in names]
    too_large = []
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "hackernews"
        shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        with served(folder, folder / "better.py", TIDEMILL_HN_SEED=SEED) as server, launched() as browser:
            live_in(server)
            for shot in shots:
                for scheme in ("light", "dark"):
                    path = IMAGES / f"{shot.name}-{scheme}.png"
                    path.write_bytes(take(browser, server, shot, scheme))
                    size = path.stat().st_size
                    sys.stdout.write(f"{path.relative_to(ROOT)}  {size / 1000:,.0f} kB\n")
                    too_large += [path.name] if size > MOST_BYTES else []
    if too_large:
        sys.stderr.write(f"more than {MOST_BYTES / 1000:.0f} kB: {', '.join(too_large)}\n")
    return 1 if too_large else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
