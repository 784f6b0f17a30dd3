"""`make demo`: two pipelines, one question, and what changed since yesterday, in under half a minute.

    stories ─▶ guide.py, better.py ─▶ scores beside a baseline
               one constant edited ─▶ refresh: only what it reaches ─▶ version 1 compared with version 2

It works on a copy of the example in `.demo/` beside this file, with its own store, and leaves both there.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
COPIED = (
    "better.py",
    "generated.py",
    "guide.py",
    "plots.py",
    "regression.py",
    "scoring.py",
    "stories.py",
    "text.py",
)
SEED = 7
LIVE_ITEMS = 2_000
EDIT = ("MIN_DF = 1", "MIN_DF = 2")


class Source(NamedTuple):
    """Where the stories of this demo come from.

    Attributes:
        sentence: Says so.
        environment: What makes `HackerNews.from_environment` read from there.
        items: How many items `better.py` reads.
        word: What to call a story from there in a table.
    """

    sentence: str
    environment: dict[str, str]
    items: int
    word: str


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; 0 when all of it worked, 1 when there were no stories."""
    parser = argparse.ArgumentParser(prog="demo.py", description="Two pipelines on Hacker News stories.")
    parser.add_argument(
        "--snapshot", metavar="FILE", help="recorded stories (default: what TIDEMILL_HN_CSV names)"
    )
    parser.add_argument(
        "--folder", type=Path, default=HERE / ".demo", help="where to work (default: %(default)s)"
    )
    options = parser.parse_args(arguments)

    recording = options.snapshot or os.environ.get("TIDEMILL_HN_CSV")
    folder = options.folder.absolute()
    be_alone(folder)
    make_working_copy(folder)
    # From here on everything is imported from the copy: the folder of this script gives way to it.
    sys.path[:] = [str(folder), *(path for path in sys.path if Path(path or ".").resolve() != HERE)]
    from stories import StoriesUnavailable

    try:
        source = choose_source(recording)
        print(source.sentence)
        print(f"Working in {shown(folder)}, a copy of this example with a store of its own.\n", flush=True)
        tell_the_story(source, folder)
    except StoriesUnavailable as error:
        print(f"No stories: {error}", file=sys.stderr)
        return 1
    return 0


def choose_source(recording: str | None) -> Source:
    """The recording that was named, else the live API, else, and it says so, the generator."""
    from stories import LiveApi, StoriesUnavailable, recorded_stories

    if recording:
        path = Path(recording).absolute()
        table = recorded_stories(path)
        days = [
            time.strftime("%Y-%m-%d", time.gmtime(int(table.time.iloc[at]))) for at in (0, -1) if len(table)
        ]
        sentence = f"Stories: {len(table):,} recorded in {path.name}, {' to '.join(days)}."
        return Source(sentence, {"TIDEMILL_HN_CSV": str(path)}, 20_000, "recorded")
    try:
        with LiveApi(retries=0, timeout=4.0) as api:
            newest = api.newest()
    except StoriesUnavailable as error:
        sentence = (
            f"Stories: GENERATED (seed {SEED}): Hacker News cannot be reached, and no recording is named.\n"
            "Every number below is about invented stories and says nothing about real ones.\n"
            f"({error}.\nA recording is named by --snapshot FILE or by TIDEMILL_HN_CSV.)"
        )
        return Source(sentence, {"TIDEMILL_HN_SEED": str(SEED)}, 20_000, "generated")
    sentence = f"Stories: live from Hacker News, whose newest item is {newest:,}."
    return Source(sentence, {}, LIVE_ITEMS, "live")


def be_alone(folder: Path) -> None:
    """See that no other demo works in the folder until this process ends: it would remove our copy."""
    if sys.platform == "win32":
        return
    import fcntl

    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        fcntl.flock(os.open(folder.parent, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        message = f"Another demo is at work in {folder.parent}; wait for it, or name another --folder"
        raise SystemExit(message) from None


def make_working_copy(folder: Path) -> None:
    """A fresh copy of the example; an older copy is removed, anything else is left alone."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / "better.py").is_file():
            raise SystemExit(f"{folder} is no copy of this example; name another folder, or empty this one")
        shutil.rmtree(folder)
    (folder / ".tidemill").mkdir(parents=True)
    (folder / ".gitignore").write_text("*\n")
    for name in COPIED:
        shutil.copyfile(HERE / name, folder / name)


def tell_the_story(source: Source, folder: Path) -> None:
    """Materialize both pipelines, print their scores, edit, refresh, compare."""
    # Both this process and the command line below read the source and use the store that these name.
    for variable in ("TIDEMILL_HN_CSV", "TIDEMILL_HN_SEED"):
        os.environ.pop(variable, None)
    os.environ |= {"TIDEMILL_HOME": str(folder / ".tidemill"), **source.environment}
    # What is typed in that folder later reads the same stories.
    lines = [f"{name}='{value}'\n" for name, value in source.environment.items()]
    (folder / ".env").write_text("".join(lines), encoding="utf-8")
    import better
    import guide
    import numpy as np

    from tidemill import DagsterInstance

    np.random.seed(0)  # guide.py draws its test stories from the global state
    with DagsterInstance.get() as instance:
        run(guide, instance)
        checks = run(better, instance, {"settled_stories": {"config": {"items": source.items}}})
        print_table(scores_of_both(instance), source.word)
        for check in checks:
            low, high = (check.metadata[f"gain in MAE, at {end}"].value for end in ("least", "most"))
            verdict = "passed" if check.passed else "did not pass"
            print(
                f"\nThe check {check.check_name} {verdict}: better.py's model is closer than the"
                f"\nmean by {low:.2f} to {high:.2f} comments a story ({source.word}), with 95 % confidence."
            )
        print(
            "\nWhy guide.py does so badly: it learns from dense rows and is judged on sparse ones. XGBoost"
            "\ntakes what a sparse row leaves out as unknown, not as 0: it never learnt where to send that."
        )
        old, new = EDIT
        print(f"\nNow a day passes: in text.py, {old} becomes {new}.\n")
        edit(folder / "text.py")
        refresh(folder)
        print_comparison(instance, source.word)
    print_next_steps(folder)


def run(module: Any, instance: Any, ops: dict[str, Any] | None = None) -> list[Any]:
    """Materialize what a module defines; the verdicts of its checks."""
    from tidemill import load_asset_checks_from_modules, load_assets_from_modules, materialize

    started = time.perf_counter()
    assets = [*load_assets_from_modules([module]), *load_asset_checks_from_modules([module])]
    hacker_news = module.HackerNews.from_environment()
    result = materialize(
        assets, instance=instance, resources={"hacker_news": hacker_news}, run_config={"ops": ops or {}}
    )
    made = len(result.get_asset_materialization_events())
    name = Path(module.__file__).name
    print(f"{name:10} {made:2} assets in {time.perf_counter() - started:4.1f} s", flush=True)
    return list(result.get_asset_check_evaluations())


class Row(NamedTuple):
    """One line of the table."""

    file: str
    who: str
    stories: int
    r2: float
    mae: float


def scores_of_both(instance: Any) -> Iterator[Row]:
    """What the store knows of both pipelines, each on the stories that it kept for the test."""
    import numpy as np
    from scoring import mean_absolute_error, r_squared

    rows, comments = instance.load_asset_value("transformed_test_data")
    model = instance.load_asset_value("xgboost_comments_model")
    mean = float(instance.load_asset_value("transformed_training_data")[1].mean())
    said = {
        "the mean of its training stories": np.full(len(comments), mean),
        "its model": model.predict(rows),
        "its model, test rows made dense too": model.predict(rows.toarray()),
    }
    for who, predicted in said.items():
        scores = r_squared(comments, predicted), mean_absolute_error(comments, predicted)
        yield Row("guide.py", who, len(comments), *scores)

    scores = instance.load_asset_value("model_scores")
    for who, name in (("the mean of its training stories", "baseline"), ("its model", "model")):
        yield Row("better.py", who, scores["stories"], scores[f"{name}_r2"], scores[f"{name}_mae"])


def print_table(rows: Iterator[Row], word: str) -> None:
    """The scores, side by side."""
    print("\nComments of stories that were kept for the test: who predicts, and how well")
    print(f"  {'':11}{'':36}{'R²':>10}{'MAE':>10}   on")
    before = None
    for row in rows:
        file = row.file if row.file != before else ""
        print(f"  {file:11}{row.who:36}{row.r2:10,.3f}{row.mae:10,.1f}   {row.stories:,} {word} stories")
        before = row.file


def edit(path: Path) -> None:
    """Change the one constant."""
    before = path.read_text(encoding="utf-8")
    after = before.replace(*EDIT)
    assert after != before, f"{path} does not say {EDIT[0]}"
    path.write_text(after, encoding="utf-8")


def refresh(folder: Path) -> None:
    """What a person would type next: why is it stale, bring it up to date, and is there anything left to do."""
    code = ["-f", "better.py"]
    for command in (["why", "story_features", *code], *[["refresh", *code, "--keep-config"]] * 2):
        print(f"$ tidemill {' '.join(command)}", flush=True)
        done = subprocess.run([sys.executable, "-m", "tidemill.cli", *command], cwd=folder, check=False)
        if done.returncode:
            raise SystemExit(done.returncode)
        print(flush=True)


def print_comparison(instance: Any, word: str) -> None:
    """Yesterday's version beside today's, both from the store."""
    features, scores = (
        [instance.load_asset_value(asset, version=number) for number in (1, 2)]
        for asset in ("story_features", "model_scores")
    )
    columns = [len(feature.named_transformers_["words"].vocabulary_) for feature in features]
    print(f"Yesterday's better.py and today's, both from the store ({word} stories)")
    print(f"  {'':28}{'version 1':>12}{'version 2':>12}{'change':>12}")
    lines = {
        "words and pairs of words": (*columns, ",.0f"),
        "R²": (*(score["model_r2"] for score in scores), ",.4f"),
        "MAE, comments": (*(score["model_mae"] for score in scores), ",.3f"),
    }
    for name, (old, new, form) in lines.items():
        print(f"  {name:28}{old:>12{form}}{new:>12{form}}{new - old:>+12{form}}")


def print_next_steps(folder: Path) -> None:
    """Commands to try."""
    tidemill = "tidemill"
    if shutil.which(tidemill) is None:
        tidemill = os.path.relpath(Path(sys.executable).with_name(tidemill), folder)
    print(
        f"\nNothing was overwritten. Have a look:\n  cd {shown(folder)}\n  {tidemill} graph -f better.py\n"
        f"  {tidemill} show model_scores@1\n  {tidemill} runs\nOr in the browser: make page"
    )


def shown(folder: Path) -> str:
    """A folder as a person in the working folder would name it."""
    return str(folder.relative_to(Path.cwd())) if folder.is_relative_to(Path.cwd()) else str(folder)


if __name__ == "__main__":
    sys.exit(main())
