"""The guide's pipeline; a node is not run again for inputs and code that the cache has seen."""

import sys
from typing import Any

import numpy as np
import pandas as pd
import xgboost as xg
from hamilton import driver
from hamilton.function_modifiers import extract_fields
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.guide import pipeline
from benchmarks.peers.work import stories_file

_ingest, _split, _fit, _transform, _train, _evaluate, _predict = pipeline(stories_file())


def hackernews_stories() -> pd.DataFrame:
    return _ingest()


@extract_fields({"training_data": tuple, "test_data": tuple})
def training_test_data(hackernews_stories: pd.DataFrame) -> dict[str, Any]:
    training_data, test_data = _split(hackernews_stories)
    return {"training_data": training_data, "test_data": test_data}


@extract_fields({"tfidf_vectorizer": TfidfVectorizer, "transformed_training_data": tuple})
def transformed_train_data(training_data: tuple) -> dict[str, Any]:
    vectorizer, transformed = _fit(training_data)
    return {"tfidf_vectorizer": vectorizer, "transformed_training_data": transformed}


def transformed_test_data(test_data: tuple, tfidf_vectorizer: TfidfVectorizer) -> tuple:
    return _transform(test_data, tfidf_vectorizer)


def xgboost_comments_model(transformed_training_data: tuple) -> xg.XGBRegressor:
    return _train(transformed_training_data)


def comments_model_test_set_r_squared(
    transformed_test_data: tuple, xgboost_comments_model: xg.XGBRegressor
) -> float:
    return _evaluate(transformed_test_data, xgboost_comments_model)


def latest_story_comment_predictions(
    xgboost_comments_model: xg.XGBRegressor, tfidf_vectorizer: TfidfVectorizer
) -> np.ndarray:
    return _predict(xgboost_comments_model, tfidf_vectorizer)


if __name__ == "__main__":
    import __main__

    built = driver.Builder().with_modules(__main__).with_cache(sys.argv[1]).build()
    print(built.execute(["comments_model_test_set_r_squared", "latest_story_comment_predictions"]))
