"""The example, as a user runs it: its two pipelines in Python, and the demo as a command.

Stories are those of `TIDEMILL_HN_CSV`, or generated ones; the summary of pytest says which.
"""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import command_line
import hn_server
import numpy as np
import pandas as pd
import pytest
from hn_server import run_tidemill

from tidemill import (
    DagsterInstance,
    load_asset_checks_from_modules,
    load_assets_from_modules,
    materialize,
)

EXAMPLE = Path(__file__).parents[2] / "examples" / "hackernews"
SEED = 11
GUIDE_ASSETS = {
    "hackernews_stories", "training_data", "test_data", "tfidf_vectorizer", "transformed_training_data",
    "transformed_test_data", "xgboost_comments_model", "comments_model_test_set_r_squared",
    "latest_story_comment_predictions",
}  # fmt: skip


def everything_in(module: ModuleType) -> list[Any]:
    return [*load_assets_from_modules([module]), *load_asset_checks_from_modules([module])]


class TestExample:
    def test_the_guide_is_worse_than_the_mean_because_it_is_scored_on_sparse_rows(
        self, hacker_news: Any
    ) -> None:
        np.random.seed(SEED)
        guide = import_module("guide")
        result = materialize(everything_in(guide), resources={"hacker_news": hacker_news})
        made = {event.asset_key.to_user_string() for event in result.get_asset_materialization_events()}
        assert made == GUIDE_ASSETS
        score = result.asset_value("comments_model_test_set_r_squared")
        rows, comments = result.asset_value("transformed_test_data")
        dense = result.asset_value("xgboost_comments_model").score(rows.toarray(), comments)
        assert score < 0
        assert score < dense

    def test_the_better_model_beats_the_baseline(self, hacker_news: Any) -> None:
        better = import_module("better")
        result = materialize(everything_in(better), resources={"hacker_news": hacker_news})
        scores = result.asset_value("model_scores")
        assert scores["model_r2"] > scores["baseline_r2"]
        assert scores["model_mae"] < scores["baseline_mae"]
        assert scores["model_log_r2"] > 0
        (check,) = result.get_asset_check_evaluations()
        assert check.passed
        earlier, later = (result.asset_value(f"{when}_stories") for when in ("earlier", "later"))
        assert earlier.time.max() <= later.time.min()
        assert len(later) == scores["stories"] == pytest.approx(0.25 * len(earlier), abs=1)
        predictions = result.asset_value("newest_story_predictions")
        assert len(predictions) == 100
        assert (predictions.expected_comments >= 0).all()

    def test_the_check_does_not_pass_for_a_model_that_is_the_baseline(self) -> None:
        better = import_module("better")
        comments = np.random.default_rng(SEED).poisson(5, size=400).astype(float)
        same = pd.DataFrame({"comments": comments, "model": 5.0, "baseline": 5.0})
        assert not better.model_beats_the_baseline(same).passed

    def test_what_it_makes_is_the_same_every_time(self, hacker_news: Any) -> None:
        better = import_module("better")
        config = {"ops": {"settled_stories": {"config": {"items": 2_000}}}}
        with DagsterInstance.ephemeral() as instance:
            for _ in range(2):
                materialize(
                    everything_in(better),
                    resources={"hacker_news": hacker_news},
                    run_config=config,
                    instance=instance,
                )
            for name in (
                "settled_stories",
                "story_features",
                "earlier_matrix",
                "comments_model",
                "model_scores",
            ):
                newest, oldest = instance.get_versions(name)
                assert newest.data_version == oldest.data_version, name

    def test_its_metadata_has_pictures_a_table_and_numbers(self, hacker_news: Any) -> None:
        better = import_module("better")
        result = materialize(
            everything_in(better),
            resources={"hacker_news": hacker_news},
            run_config={"ops": {"settled_stories": {"config": {"items": 500}}}},
        )
        metadata = {
            event.asset_key.to_user_string(): event.materialization.metadata
            for event in result.get_asset_materialization_events()
        }
        assert metadata["settled_stories"]["stories"].value == 500
        assert metadata["settled_stories"]["place"].value == hacker_news.place
        assert len(metadata["settled_stories"]["newest"].records) == 5
        for asset_name, name in (("settled_stories", "comments"), ("later_predictions", "calibration")):
            assert "data:image/png;base64,iVBOR" in metadata[asset_name][name].md_str
        assert metadata["model_scores"]["model_mae"].value == result.asset_value("model_scores")["model_mae"]

    def test_a_day_without_stories(self, stories_module: ModuleType, server: Any) -> None:
        server.items = {}
        better, guide = import_module("better"), import_module("guide")
        live = {"hacker_news": stories_module.HackerNews(unsettled=10)}
        config = {"ops": {"settled_stories": {"config": {"items": 300}}}}
        result = materialize(
            [guide.hackernews_stories, better.settled_stories], resources=live, run_config=config
        )
        for name in ("hackernews_stories", "settled_stories"):
            assert result.asset_value(name).columns.tolist() == stories_module.COLUMNS
            assert result.asset_value(name).empty
        result = materialize(
            [better.settled_stories, better.split_in_time],
            resources=live,
            run_config=config,
            raise_on_error=False,
        )
        assert result.get_failed_step_keys() == {"split_in_time"}

    def test_it_reads_the_live_api(self, stories_module: ModuleType, server: Any) -> None:
        guide = import_module("guide")
        result = materialize(
            [guide.hackernews_stories], resources={"hacker_news": stories_module.HackerNews(retries=0)}
        )
        stories = result.asset_value("hackernews_stories")
        assert 300 < len(stories) < 340
        assert stories.id.is_monotonic_increasing

    def test_its_assets_are_plain_functions_too(self, hacker_news: Any) -> None:
        better = import_module("better")
        table = hacker_news.newest_stories(100)
        earlier, later = better.split_in_time(table)
        assert (len(earlier), len(later)) == (80, 20)
        assert better.mean_baseline(earlier) == pytest.approx(earlier.descendants.mean())


def run_demo(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TIDEMILL_")}
    return subprocess.run(
        [sys.executable, str(EXAMPLE / "demo.py"), "--folder", str(folder / "copy"), *arguments],
        env=inherited | environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def demo(folder: Path, port: int, *arguments: str) -> str:
    """What the demo prints on a machine where Hacker News is at a port, or out of reach (0)."""
    detour = hn_server.detour_folder(folder / "detour", port)
    done = run_demo(folder, *arguments, PYTHONPATH=str(detour))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Where the demo has run without network and without recording: the folder, and what it printed."""
    folder = tmp_path_factory.mktemp("offline")
    return folder, demo(folder, 0)


class TestDemo:
    def test_without_network_and_recording_it_says_so_first_and_labels_every_number(
        self, offline: tuple[Path, str]
    ) -> None:
        first, *rest = offline[1].splitlines()
        assert first.startswith("Stories: GENERATED")
        assert "cannot be reached" in first
        rows = [line for line in rest if re.search(r" [\d,]+ \w+ stories$", line)]
        assert len(rows) == 5
        assert all(line.endswith("generated stories") for line in rows)
        assert any(re.search(r"by .* comments a story \(generated\)", line) for line in rest)
        assert any(line.endswith("from the store (generated stories)") for line in rest)
        assert "model_beats_the_baseline passed" in offline[1]

    def test_what_is_typed_in_its_folder_later_reads_the_same_stories(
        self, offline: tuple[Path, str]
    ) -> None:
        copy = offline[0] / "copy"
        done = command_line.tidemill(copy, "status", "-f", "better.py")
        assert done.code == 0, done.err
        assert "stale" not in done.out

    def test_it_leaves_two_versions_that_can_be_looked_at(self, offline: tuple[Path, str]) -> None:
        copy = offline[0] / "copy"
        assert "MIN_DF = 2" in (copy / "text.py").read_text(encoding="utf-8")
        assert "MIN_DF = 1" in (EXAMPLE / "text.py").read_text(encoding="utf-8")
        for number in (1, 2):
            assert "model_r2" in run_tidemill("show", f"model_scores@{number}", folder=copy)
        assert "settled_stories" in run_tidemill("graph", "-f", "better.py", folder=copy)

    def test_an_edit_runs_what_it_reaches_and_says_why(self, offline: tuple[Path, str]) -> None:
        printed = offline[1]
        stale = r"^story_features is stale: version 1, made .* ago in run \d+, but since then\n  text.py: MIN_DF 1 → 2$"
        assert re.search(stale, printed, re.MULTILINE)
        assert re.search(r"^7 of 10 ran, because text.py: MIN_DF 1 → 2$", printed, re.MULTILINE)
        assert "all 11 assets are up to date" in printed

    def test_two_of_them_do_not_work_in_one_folder(self, tmp_path: Path) -> None:
        descriptor = os.open(tmp_path, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            done = run_demo(tmp_path)
        finally:
            os.close(descriptor)
        assert done.returncode != 0
        assert "Another demo is at work" in done.stderr
        assert not (tmp_path / "copy").exists()

    def test_it_reads_the_live_api_when_it_can_be_reached(
        self, stories_module: ModuleType, server: Any, tmp_path: Path
    ) -> None:
        hacker_news = stories_module.HackerNews(seed=SEED)
        settled = hn_server.items_of(hacker_news.newest_stories(700))
        server.items = {number - 15_000: item for number, item in settled.items()} | server.items
        printed = demo(tmp_path, server.port)
        assert printed.startswith("Stories: live from Hacker News")
        assert "live stories" in printed
        assert "generated" not in printed.lower()

    def test_it_reads_a_recording_that_is_named(
        self, hn_csv: Path | None, stories_module: ModuleType, tmp_path: Path
    ) -> None:
        recording = hn_csv
        if recording is None:
            table = stories_module.HackerNews(seed=SEED).newest_stories(3_000)
            moments = pd.to_datetime(table.time, unit="s").dt.strftime("%m/%d/%Y %H:%M")
            names = {"score": "num_points", "descendants": "num_comments", "by": "author"}
            recording = tmp_path / "recording.csv"
            table.rename(columns=names).assign(created_at=moments).to_csv(recording, index=False)
        printed = demo(tmp_path, 0, "--snapshot", str(recording))
        assert re.match(rf"Stories: [\d,]+ recorded in {recording.name}", printed)
        assert "recorded stories" in printed

    def test_a_recording_that_is_not_there_is_an_error(self, tmp_path: Path) -> None:
        done = run_demo(tmp_path, "--snapshot", "nowhere.csv")
        assert done.returncode == 1
        assert "nowhere.csv cannot be read" in done.stderr
        assert done.stdout == ""

    def test_it_removes_no_folder_that_it_did_not_make(self, tmp_path: Path) -> None:
        (tmp_path / "copy").mkdir()
        (tmp_path / "copy" / "thesis.txt").write_text("years of work")
        done = run_demo(tmp_path)
        assert done.returncode != 0
        assert "no copy of this example" in done.stderr
        assert (tmp_path / "copy" / "thesis.txt").exists()
