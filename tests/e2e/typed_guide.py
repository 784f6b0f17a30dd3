"""A first pipeline as the reader of a guide types it, addresses and all: nothing in it knows of a test."""

import numpy as np
import pandas as pd
import requests
import xgboost as xg
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import train_test_split

from tidemill import AssetOut, asset, multi_asset

ROOT = "https://hacker-news.firebaseio.com/v0"


def read_stories(how_many):
    last = requests.get(f"{ROOT}/maxitem.json", timeout=10).json()
    answers = [
        requests.get(f"{ROOT}/item/{number}.json", timeout=10).json()
        for number in range(last - how_many, last)
    ]
    stories = pd.DataFrame([answer for answer in answers if answer])
    if len(stories) > 0:
        stories = stories[stories.type == "story"]
        stories = stories[~stories.title.isna()]
    return stories


@asset
def hackernews_stories():
    return read_stories(1000)


@multi_asset(outs={"training_data": AssetOut(), "test_data": AssetOut()})
def training_test_data(hackernews_stories):
    X, y = hackernews_stories.title, hackernews_stories.descendants
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2)
    return (X_train, y_train), (X_test, y_test)


@multi_asset(outs={"tfidf_vectorizer": AssetOut(), "transformed_training_data": AssetOut()})
def transformed_train_data(training_data):
    X_train, y_train = training_data
    vectorizer = TfidfVectorizer()
    rows = vectorizer.fit_transform(X_train).toarray()
    return vectorizer, (rows, np.array(y_train.fillna(0)))


@asset
def transformed_test_data(test_data, tfidf_vectorizer):
    X_test, y_test = test_data
    return tfidf_vectorizer.transform(X_test), np.array(y_test.fillna(0))


@asset
def xgboost_comments_model(transformed_training_data):
    rows, comments = transformed_training_data
    model = xg.XGBRegressor(objective="reg:squarederror", eval_metric=mean_absolute_error, n_estimators=20)
    model.fit(rows, comments)
    return model


@asset
def comments_model_test_set_r_squared(transformed_test_data, xgboost_comments_model):
    rows, comments = transformed_test_data
    return xgboost_comments_model.score(rows, comments)


@asset
def latest_story_comment_predictions(xgboost_comments_model, tfidf_vectorizer):
    return xgboost_comments_model.predict(tfidf_vectorizer.transform(read_stories(100).title))
