"""How many comments will a story get? A first pipeline, as somebody writes it who has just read a guide.

It runs, and it is wrong in an instructive way: its score on the test set is far below zero. README.md says
why, and `better.py` answers the same question without its mistakes.
"""

import numpy as np
import xgboost as xg
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import train_test_split
from stories import HackerNews

from tidemill import AssetOut, Definitions, asset, load_assets_from_current_module, multi_asset


@asset
def hackernews_stories(context, hacker_news: HackerNews):
    """The stories among the newest 1,000 items."""
    return hacker_news.newest_stories(1_000, say=context.log.info)


@multi_asset(outs={"training_data": AssetOut(), "test_data": AssetOut()})
def split_stories(hackernews_stories):
    """Titles and their comments: four fifths to learn from, one fifth to judge by."""
    titles, test_titles, comments, test_comments = train_test_split(
        hackernews_stories.title, hackernews_stories.descendants, test_size=0.2
    )
    return (titles, comments), (test_titles, test_comments)


@multi_asset(outs={"tfidf_vectorizer": AssetOut(), "transformed_training_data": AssetOut()})
def fit_vectorizer(training_data):
    """Words become columns, learnt from the training titles alone."""
    titles, comments = training_data
    vectorizer = TfidfVectorizer()
    rows = vectorizer.fit_transform(titles)
    return vectorizer, (rows.toarray(), without_gaps(comments))


@asset
def transformed_test_data(test_data, tfidf_vectorizer):
    """The test titles in the columns of the training titles."""
    titles, comments = test_data
    return tfidf_vectorizer.transform(titles), without_gaps(comments)


@asset
def xgboost_comments_model(transformed_training_data):
    """Twenty trees that map words to comments."""
    rows, comments = transformed_training_data
    model = xg.XGBRegressor(objective="reg:squarederror", eval_metric=mean_absolute_error, n_estimators=20)
    return model.fit(rows, comments)


@asset
def comments_model_test_set_r_squared(transformed_test_data, xgboost_comments_model):
    """How much of the difference between test stories the model explains."""
    return xgboost_comments_model.score(*transformed_test_data)


@asset
def latest_story_comment_predictions(
    context, hacker_news: HackerNews, xgboost_comments_model, tfidf_vectorizer
):
    """Comments that the newest stories may expect."""
    newest = hacker_news.newest_stories(100, say=context.log.info)
    return xgboost_comments_model.predict(tfidf_vectorizer.transform(newest.title))


def without_gaps(comments):
    """A story that nobody has commented on may have no number at all."""
    return np.array(comments.fillna(0))


defs = Definitions(
    assets=load_assets_from_current_module(), resources={"hacker_news": HackerNews.from_environment()}
)
