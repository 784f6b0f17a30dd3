"""The example, and the pipeline that it comes from, as a user runs them: in Python, as a command, as a demo.

Stories are those of `TIDEMILL_HN_CSV`, or generated ones; the summary of pytest says which.
"""

from __future__ import annotations

import json
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost as xg
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tidemill import (
    AssetOut,
    DagsterInstance,
    asset,
    load_asset_checks_from_modules,
    load_assets_from_modules,
    materialize,
    materialize_to_memory,
    multi_asset,
)

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "examples" / "hackernews"
sys.path.append(str(HERE))
sys.path.append(str(EXAMPLE))
hn_server = import_module("hn_server")

SEED = 11
GUIDE_ASSETS = {
    "hackernews_stories", "training_data", "test_data", "tfidf_vectorizer", "transformed_training_data",
    "transformed_test_data", "xgboost_comments_model", "comments_model_test_set_r_squared",
    "latest_story_comment_predictions",
}  # fmt: skip


@pytest.fixture(scope="module")
def stories_module() -> ModuleType:
    return import_module("stories")


@pytest.fixture(scope="module")
def hacker_news(stories_module: ModuleType, hn_csv: Path | None) -> Any:
    """The recording where one is named, else the generator."""
    return stories_module.HackerNews(snapshot=str(hn_csv) if hn_csv else None, seed=None if hn_csv else SEED)


@pytest.fixture
def server(hacker_news: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A Hacker News of 400 stories and some thousand other items, at the address of the real one."""
    with hn_server.running(hn_server.items_of(hacker_news.newest_stories(400))) as running:
        hn_server.mount(running.port, monkeypatch)
        yield running


@pytest.fixture
def typed_guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], ModuleType]]:
    """Imports the guide's code afresh, as a new process would; the global seed is set in its first lines."""
    source = (HERE / "typed_guide.py").read_text(encoding="utf-8")
    (tmp_path / "pipeline.py").write_text(
        source.replace("ROOT =", f"np.random.seed({SEED})\nROOT =", 1), encoding="utf-8"
    )
    monkeypatch.syspath_prepend(str(tmp_path))

    def fresh() -> ModuleType:
        sys.modules.pop("pipeline", None)
        return import_module("pipeline")

    yield fresh
    sys.modules.pop("pipeline", None)


def in_plain_python(path: Path) -> dict[str, Any]:
    """The guide's values when its functions are plain functions and nothing of Tidemill is imported."""
    source = path.read_text(encoding="utf-8")
    plain = re.sub(r"^from tidemill import .*$", "", source, flags=re.MULTILINE)
    names: dict[str, Any] = {
        "asset": lambda fn: fn,
        "AssetOut": object,
        "multi_asset": lambda outs: lambda fn: fn,
    }
    script = path.with_name("plain.py")
    script.write_text(plain, encoding="utf-8")
    names = runpy.run_path(str(script), init_globals=names)
    stories = names["hackernews_stories"]()
    training, test = names["training_test_data"](stories)
    vectorizer, transformed = names["transformed_train_data"](training)
    transformed_test = names["transformed_test_data"](test, vectorizer)
    model = names["xgboost_comments_model"](transformed)
    return {
        "hackernews_stories": stories,
        "transformed_training_data": transformed,
        "comments_model_test_set_r_squared": names["comments_model_test_set_r_squared"](
            transformed_test, model
        ),
        "latest_story_comment_predictions": names["latest_story_comment_predictions"](model, vectorizer),
    }


def assert_same_bits(found: Callable[[str], Any], plain: dict[str, Any]) -> None:
    pd.testing.assert_frame_equal(found("hackernews_stories"), plain["hackernews_stories"])
    for mine, theirs in zip(
        found("transformed_training_data"), plain["transformed_training_data"], strict=True
    ):
        assert mine.tobytes() == theirs.tobytes()
    score = found("comments_model_test_set_r_squared")
    assert score == plain["comments_model_test_set_r_squared"]
    predictions = found("latest_story_comment_predictions")
    assert predictions.tobytes() == plain["latest_story_comment_predictions"].tobytes()


def tidemill(*arguments: str, folder: Path, detour: Path | None = None, **environment: str) -> str:
    """What the command line prints to stdout; the run must succeed."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TIDEMILL_")}
    path = {"PYTHONPATH": str(detour)} if detour else {}
    done = subprocess.run(
        [sys.executable, "-m", "tidemill.cli", *arguments],
        cwd=folder,
        env=inherited | path | {"TIDEMILL_HOME": str(folder / ".tidemill")} | environment,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class TestGuideAsTyped:
    def test_its_scores_have_the_same_bits_as_in_plain_python(
        self,
        server: Any,
        typed_guide: Callable[[], ModuleType],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        file = tmp_path / "pipeline.py"
        plain = in_plain_python(file)
        assert len(plain["hackernews_stories"]) > 250

        result = materialize(load_assets_from_modules([typed_guide()]))
        assert_same_bits(result.asset_value, plain)
        result = materialize_to_memory(load_assets_from_modules([typed_guide()]))
        assert_same_bits(result.asset_value, plain)

        detour = hn_server.detour_folder(tmp_path / "detour", server.port)
        printed = tidemill("materialize", "-f", "pipeline.py", "--json", folder=tmp_path, detour=detour)
        assert {version["asset"] for version in json.loads(printed)["versions"]} == GUIDE_ASSETS
        monkeypatch.setenv("TIDEMILL_HOME", str(tmp_path / ".tidemill"))
        with DagsterInstance.get() as instance:
            assert_same_bits(instance.load_asset_value, plain)

    def test_it_asks_the_addresses_that_are_in_it(
        self, server: Any, typed_guide: Callable[[], ModuleType]
    ) -> None:
        stories = materialize([typed_guide().hackernews_stories]).asset_value("hackernews_stories")
        assert server.asked.count("/v0/maxitem.json") == 1
        assert len(server.asked) == 1 + 1000
        assert set(stories.type) == {"story"}
        assert stories.title.notna().all()

    def test_the_score_alone_is_made_again_without_training(
        self,
        server: Any,
        typed_guide: Callable[[], ModuleType],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("TIDEMILL_HOME", str(tmp_path / ".tidemill"))
        with DagsterInstance.get() as instance:
            materialize(load_assets_from_modules([typed_guide()]), instance=instance)
        asked = len(server.asked)
        tidemill(
            "materialize",
            "-f",
            "pipeline.py",
            "--select",
            "comments_model_test_set_r_squared",
            folder=tmp_path,
        )
        assert len(server.asked) == asked
        with DagsterInstance.get() as instance:
            assert [v.number for v in instance.get_versions("xgboost_comments_model")] == [1]
            first, second = (
                instance.load_asset_value("comments_model_test_set_r_squared", version=n) for n in (1, 2)
            )
        assert first == second

    def test_predictions_are_made_again_with_the_stored_model(
        self, server: Any, typed_guide: Callable[[], ModuleType]
    ) -> None:
        guide = typed_guide()
        assets = load_assets_from_modules([guide])
        with DagsterInstance.ephemeral() as instance:
            materialize(assets, instance=instance)
            server.asked.clear()
            result = materialize(assets, instance=instance, selection="latest_story_comment_predictions")
            assert len(server.asked) == 1 + 100
            made = [event.asset_key.to_user_string() for event in result.get_asset_materialization_events()]
        assert made == ["latest_story_comment_predictions"]

    @pytest.mark.parametrize(
        "item", [None, {"type": "job", "title": "We hire", "by": "us", "descendants": 0}]
    )
    def test_an_empty_day_is_stored_and_loaded(
        self,
        typed_guide: Callable[[], ModuleType],
        monkeypatch: pytest.MonkeyPatch,
        item: dict[str, Any] | None,
    ) -> None:
        with hn_server.running(dict.fromkeys(range(1, 1002), item)) as running:
            hn_server.mount(running.port, monkeypatch)
            with DagsterInstance.ephemeral() as instance:
                assert materialize([typed_guide().hackernews_stories], instance=instance).success
                assert len(instance.load_asset_value("hackernews_stories")) == 0

    def test_a_third_split_for_validation(self, hacker_news: Any) -> None:
        @asset
        def stories() -> pd.DataFrame:
            return hacker_news.newest_stories(300)

        @multi_asset(outs={name: AssetOut() for name in ("training", "validation", "test")})
        def splits(stories: pd.DataFrame) -> tuple[Any, Any, Any]:
            kept, test = train_test_split(stories, test_size=0.2, random_state=SEED)
            training, validation = train_test_split(kept, test_size=0.25, random_state=SEED)
            return tuple((part.title, part.descendants) for part in (training, validation, test))

        @asset
        def model(training: Any, validation: Any) -> Any:
            vectorizer = TfidfVectorizer()
            trees = xg.XGBRegressor(n_estimators=50, early_stopping_rounds=3)
            rows = vectorizer.fit_transform(training[0])
            trees.fit(
                rows,
                training[1],
                eval_set=[(vectorizer.transform(validation[0]), validation[1])],
                verbose=False,
            )
            return vectorizer, trees

        @asset
        def score(model: Any, test: Any) -> float:
            vectorizer, trees = model
            return float(trees.score(vectorizer.transform(test[0]), test[1]))

        with DagsterInstance.ephemeral() as instance:
            result = materialize([stories, splits, model, score], instance=instance)
            sizes = [len(instance.load_asset_value(name)[0]) for name in ("training", "validation", "test")]
            assert sizes == [180, 60, 60]
            titles = [
                set(instance.load_asset_value(name)[0].index) for name in ("training", "validation", "test")
            ]
            assert len(set.union(*titles)) == 300
            assert (
                instance.load_asset_value("model")[1].best_iteration
                == result.asset_value("model")[1].best_iteration
            )
            assert np.isfinite(result.asset_value("score"))


def words_of(title: str) -> list[str]:
    return title.casefold().split()


def squared_error(actual: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return predicted - actual, np.ones_like(predicted)


def functions(kind: str) -> tuple[Any, Any, Any]:
    """How to split a title, what to do to the numbers, and what XGBoost is to minimise."""
    if kind == "of a module":
        return words_of, np.sqrt, squared_error
    if kind == "lambdas":
        return (
            lambda title: title.split(),
            lambda rows: rows.sqrt(),
            lambda actual, predicted: (predicted - actual, np.ones_like(predicted)),
        )
    shortest, factor = 3, np.float32(2.0)

    def long_words(title: str) -> list[str]:
        return [word for word in title.split() if len(word) >= shortest]

    def scaled(rows: Any) -> Any:
        return rows * factor

    def scaled_error(actual: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return factor * (predicted - actual), factor * np.ones_like(predicted)

    return long_words, scaled, scaled_error


class TestEstimatorsWithFunctionsInside:
    """A function that scikit-learn or XGBoost was given goes with the stored estimator, whatever its kind."""

    @pytest.mark.parametrize("kind", ["of a module", "lambdas", "closures"])
    def test_they_predict_the_same_after_they_were_stored(
        self, hacker_news: Any, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        table = hacker_news.newest_stories(200)
        tokenize, shrink, objective = functions(kind)

        @asset
        def pipeline() -> Pipeline:
            words = TfidfVectorizer(tokenizer=tokenize, token_pattern=None)
            made = make_pipeline(words, FunctionTransformer(shrink), Ridge())
            return made.fit(table.title, table.descendants)

        @asset
        def trees(pipeline: Pipeline) -> xg.XGBRegressor:
            model = xg.XGBRegressor(objective=objective, eval_metric=mean_absolute_error, n_estimators=5)
            return model.fit(pipeline[0].transform(table.title).toarray(), table.descendants)

        made = materialize_to_memory([pipeline, trees])
        monkeypatch.setenv("TIDEMILL_HOME", str(tmp_path))
        with DagsterInstance.get() as instance:
            assert materialize([pipeline, trees], instance=instance).success
        with DagsterInstance.get() as instance:
            stored, stored_trees = (instance.load_asset_value(name) for name in ("pipeline", "trees"))
        expected = made.asset_value("pipeline").predict(table.title)
        assert stored.predict(table.title).tobytes() == expected.tobytes()
        rows = stored[0].transform(table.title).toarray()
        assert stored_trees.predict(rows).tobytes() == made.asset_value("trees").predict(rows).tobytes()


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
        result = materialize([guide.hackernews_stories, better.settled_stories], resources=live)
        for name in ("hackernews_stories", "settled_stories"):
            assert result.asset_value(name).columns.tolist() == stories_module.COLUMNS
            assert result.asset_value(name).empty
        result = materialize(
            [better.settled_stories, better.split_in_time], resources=live, raise_on_error=False
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


def demo(tmp_path: Path, port: int, *arguments: str, **environment: str) -> str:
    """What the demo prints on a machine where Hacker News is at a port, or out of reach (0)."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TIDEMILL_")}
    detour = hn_server.detour_folder(tmp_path / "detour", port)
    done = subprocess.run(
        [sys.executable, str(EXAMPLE / "demo.py"), "--folder", str(tmp_path / "copy"), *arguments],
        env=inherited | {"PYTHONPATH": str(detour)} | environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class TestDemo:
    def test_without_network_and_recording_it_says_so_first_and_labels_every_number(
        self, tmp_path: Path
    ) -> None:
        printed = demo(tmp_path, 0)
        first, *rest = printed.splitlines()
        assert first.startswith("Stories: GENERATED")
        assert "cannot be reached" in first
        rows = [line for line in rest if re.search(r" [\d,]+ \w+ stories$", line)]
        assert len(rows) == 5
        assert all(line.endswith("generated stories") for line in rows)
        assert "passed" in printed
        assert "from the store (generated stories)" in printed

    def test_it_leaves_two_versions_that_can_be_looked_at(self, tmp_path: Path) -> None:
        demo(tmp_path, 0)
        copy = tmp_path / "copy"
        assert "MIN_DF = 2" in (copy / "text.py").read_text(encoding="utf-8")
        assert "MIN_DF = 1" in (EXAMPLE / "text.py").read_text(encoding="utf-8")
        for number in (1, 2):
            assert "model_r2" in tidemill("show", f"model_scores@{number}", folder=copy)
        assert "settled_stories" in tidemill("graph", "-f", "better.py", folder=copy)

    def test_it_reads_the_live_api_when_it_can_be_reached(self, server: Any, tmp_path: Path) -> None:
        server.newest = max(server.items) + 15_000  # what is newer is too young
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
        done = subprocess.run(
            [
                sys.executable,
                str(EXAMPLE / "demo.py"),
                "--folder",
                str(tmp_path / "copy"),
                "--snapshot",
                "nowhere.csv",
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert "nowhere.csv cannot be read" in done.stderr
        assert "GENERATED" not in done.stdout

    def test_it_removes_no_folder_that_it_did_not_make(self, tmp_path: Path) -> None:
        (tmp_path / "copy").mkdir()
        (tmp_path / "copy" / "thesis.txt").write_text("years of work")
        done = subprocess.run(
            [sys.executable, str(EXAMPLE / "demo.py"), "--folder", str(tmp_path / "copy")],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode != 0
        assert "no copy of this example" in done.stderr
        assert (tmp_path / "copy" / "thesis.txt").exists()
