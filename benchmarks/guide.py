"""The pipeline of `examples/hackernews/guide.py` on 2,000 stories: a plain script beside the same as assets.

Both are whole processes, imports included, as a user runs them; each also prints the seconds of the pipeline
alone, because imports of two seconds would hide much. The stories are recorded ones where `TIDEMILL_HN_CSV`
names a file, else titles of made-up words; the table says which.
"""

from __future__ import annotations

import csv
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.measuring import in_turn, row

STORIES = 2_000
NEWEST = 100
ROUNDS = 11

# The steps that make two values.
OUTPUTS = {
    "training_test_data": ("training_data", "test_data"),
    "transformed_train_data": ("tfidf_vectorizer", "transformed_training_data"),
}


def run() -> list[dict[str, Any]]:
    """Seconds of the script and of the assets, with and without imports."""
    recorded = os.environ.get("TIDEMILL_HN_CSV")
    note = "recorded stories" if recorded else "generated stories: TIDEMILL_HN_CSV is not set"
    whole: dict[str, list[float]] = {"plain": [], "durable": []}
    inner: dict[str, list[float]] = {"plain": [], "durable": []}
    scores: set[float] = set()
    with tempfile.TemporaryDirectory() as folder:
        stories = Path(folder) / "stories.csv"
        write_stories(stories, Path(recorded) if recorded else None)
        for turn in range(ROUNDS + 1):
            for kind in in_turn(whole, turn):
                start = time.perf_counter()
                seconds, score = _in_child(kind, stories, Path(folder))
                scores.add(score)
                if turn:
                    whole[kind].append(time.perf_counter() - start)
                    inner[kind].append(seconds)
    if len(scores) != 1:
        raise AssertionError(f"the script and the assets disagree about the score: {sorted(scores)}")
    what = f"the guide's pipeline, {STORIES:,} stories"
    return [
        _row(f"{what}, whole script", whole, note),
        _row(f"{what}, without imports", inner, note),
    ]


def _row(what: str, seconds: dict[str, list[float]], note: str) -> dict[str, Any]:
    durable, plain = statistics.median(seconds["durable"]), statistics.median(seconds["plain"])
    return row(what, durable, "s", floor=plain, judged="ratio", must=1.05, aim=1.02, note=note)


def _in_child(kind: str, stories: Path, folder: Path) -> tuple[float, float]:
    store = folder / "store"
    command = [sys.executable, "-m", "benchmarks.guide", kind, str(stories), str(store)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    seconds, score = json.loads(done.stdout)
    shutil.rmtree(store, ignore_errors=True)  # a first run each time: nothing is stored yet
    return seconds, score


def write_stories(path: Path, recorded: Path | None) -> None:
    """Write what the pipeline reads: the recorded stories, or generated ones where there are none."""
    if recorded is None:
        pairs = _generated()
    else:
        with recorded.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        pairs = [(line["title"], int(line["num_comments"])) for line in rows[: STORIES + NEWEST]]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["title", "descendants"])
        writer.writerows(pairs)


def _generated() -> list[tuple[str, int]]:
    """Titles of four to twelve words, a few words common and most rare, as titles have them."""
    source = random.Random(20)
    words = ["".join(source.choices("aeioubcdlmnrst", k=source.randint(3, 9))) for _ in range(9_000)]
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    return [
        (" ".join(source.choices(words, weights, k=source.randint(4, 12))), int(source.expovariate(1 / 25)))
        for _ in range(STORIES + NEWEST)
    ]


def pipeline(stories: Path) -> list[Callable[..., Any]]:
    """The functions of the guide, seeded, reading a file; in an order in which they can be called."""
    import numpy as np
    import pandas as pd
    import xgboost as xg
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.metrics import mean_absolute_error
    from sklearn.model_selection import train_test_split

    def hackernews_stories():
        return pd.read_csv(stories).head(STORIES)

    def training_test_data(hackernews_stories):
        titles, comments = hackernews_stories.title, hackernews_stories.descendants
        X_train, X_test, y_train, y_test = train_test_split(titles, comments, test_size=0.2, random_state=1)
        return (X_train, y_train), (X_test, y_test)

    def transformed_train_data(training_data):
        X_train, y_train = training_data
        vectorizer = TfidfVectorizer()
        X = vectorizer.fit_transform(X_train).toarray()
        return vectorizer, (X, np.array(y_train.fillna(0)))

    def transformed_test_data(test_data, tfidf_vectorizer):
        X_test, y_test = test_data
        return tfidf_vectorizer.transform(X_test), np.array(y_test.fillna(0))

    def xgboost_comments_model(transformed_training_data):
        X, y = transformed_training_data
        model = xg.XGBRegressor(
            objective="reg:squarederror", eval_metric=mean_absolute_error, n_estimators=20, random_state=1
        )
        model.fit(X, y)
        return model

    def comments_model_test_set_r_squared(transformed_test_data, xgboost_comments_model):
        X, y = transformed_test_data
        return xgboost_comments_model.score(X, y)

    def latest_story_comment_predictions(xgboost_comments_model, tfidf_vectorizer):
        newest = pd.read_csv(stories).tail(NEWEST)
        return xgboost_comments_model.predict(tfidf_vectorizer.transform(newest.title))

    return [
        hackernews_stories,
        training_test_data,
        transformed_train_data,
        transformed_test_data,
        xgboost_comments_model,
        comments_model_test_set_r_squared,
        latest_story_comment_predictions,
    ]


def plain(stories: Path) -> float:
    """The script without Tidemill; the score."""
    ingest, split, fit, transform, train, evaluate, predict = pipeline(stories)
    training_data, test_data = split(ingest())
    vectorizer, transformed_training = fit(training_data)
    transformed_test = transform(test_data, vectorizer)
    model = train(transformed_training)
    score = evaluate(transformed_test, model)
    predict(model, vectorizer)
    return float(score)


def durable(stories: Path, store: Path) -> float:
    """The same as assets, every value stored; the score."""
    from tidemill import AssetOut, DagsterInstance, asset, materialize, multi_asset

    assets = [
        multi_asset(outs={name: AssetOut() for name in OUTPUTS[function.__name__]})(function)
        if function.__name__ in OUTPUTS
        else asset(function)
        for function in pipeline(stories)
    ]
    with DagsterInstance.local_temp(str(store)) as instance:
        result = materialize(assets, instance=instance)
        return float(result.output_for_node("comments_model_test_set_r_squared"))


def main(kind: str, stories: Path, store: Path) -> None:
    """One child: run one of the two, print its seconds without imports, and the score."""
    pipeline(stories)  # the imports
    if kind == "durable":
        from tidemill import AssetOut, DagsterInstance, asset, materialize, multi_asset

        _ = AssetOut, DagsterInstance, asset, materialize, multi_asset
    start = time.perf_counter()
    score = plain(stories) if kind == "plain" else durable(stories, store)
    print(json.dumps([time.perf_counter() - start, score]))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
