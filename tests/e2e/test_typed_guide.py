"""The first guide's pipeline as its reader types it: in Python, and as a command; and what else it may hold.

Stories are those of `TIDEMILL_HN_CSV`, or generated ones; the summary of pytest says which.
"""

from __future__ import annotations

import json
import re
import runpy
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import hn_server
import numpy as np
import pandas as pd
import pytest
import xgboost as xg
from hn_server import run_tidemill
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
    load_assets_from_modules,
    materialize,
    materialize_to_memory,
    multi_asset,
)

HERE = Path(__file__).parent
SEED = 11
GUIDE_ASSETS = {
    "hackernews_stories", "training_data", "test_data", "tfidf_vectorizer", "transformed_training_data",
    "transformed_test_data", "xgboost_comments_model", "comments_model_test_set_r_squared",
    "latest_story_comment_predictions",
}  # fmt: skip


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
        printed = run_tidemill("materialize", "-f", "pipeline.py", "--json", folder=tmp_path, detour=detour)
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
        run_tidemill(
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
