"""How many comments will a story get? The question of `guide.py`, asked so that the answer can be trusted.

Old stories teach and newer ones judge, as it would be in use; the target is a logarithm, because comments
have a long tail; matrices stay sparse from the first to the last; beside the model stands a baseline that
predicts the mean of the training stories, and a check says whether the model is better; what is random has a
seed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from plots import as_markdown, calibration_plot, comments_histogram
from regression import ExpectedComments
from scoring import gain_interval, mean_absolute_error, r_squared
from stories import HackerNews
from text import feature_extractor

from tidemill import (
    AssetCheckResult,
    AssetOut,
    Config,
    Definitions,
    Failure,
    MetadataValue,
    Output,
    asset,
    asset_check,
    load_asset_checks_from_current_module,
    load_assets_from_current_module,
    multi_asset,
)

TEST_FRACTION = 0.2
FEWEST = 50


class HowMany(Config):
    """How many items to read."""

    items: int = 20_000


@asset(group_name="data")
def settled_stories(context, config: HowMany, hacker_news: HackerNews) -> Output[pd.DataFrame]:
    """Stories that are old enough for their comments to be counted, oldest first. There may be none."""
    stories = hacker_news.settled_stories(config.items, say=context.log.info)
    comments = stories.descendants.fillna(0).to_numpy(dtype=float)
    facts = {
        "stories": len(stories),
        "place": hacker_news.place,
        "comments": comments_histogram(comments),
        "newest": stories[["title", "descendants"]].tail(5),
    }
    return Output(stories, metadata=facts)


@multi_asset(outs={"earlier_stories": AssetOut(), "later_stories": AssetOut()}, group_name="data")
def split_in_time(settled_stories: pd.DataFrame):
    """The stories until a moment, to learn from, and those after it, to judge by."""
    if len(settled_stories) < FEWEST:
        raise Failure(f"{len(settled_stories)} stories are too few to learn from; {FEWEST} would do")
    in_order = settled_stories.sort_values(["time", "id"], ignore_index=True)
    cut = round(len(in_order) * (1 - TEST_FRACTION))
    return in_order.iloc[:cut], in_order.iloc[cut:]


@multi_asset(outs={"story_features": AssetOut(), "earlier_matrix": AssetOut()}, group_name="model")
def fit_features(earlier_stories: pd.DataFrame):
    """What to look at in a story, learnt from the earlier ones; and these as (sparse matrix, comments)."""
    comments = comments_of(earlier_stories)
    features = feature_extractor()
    matrix = features.fit_transform(earlier_stories, np.log1p(comments)).tocsr()
    yield Output(features, "story_features", metadata={"columns": matrix.shape[1]})
    yield Output(
        (matrix, comments), "earlier_matrix", metadata={"filled": matrix.nnz / np.prod(matrix.shape)}
    )


@asset(group_name="model")
def later_matrix(later_stories: pd.DataFrame, story_features):
    """The later stories, as the model sees them: (sparse matrix, comments)."""
    return story_features.transform(later_stories).tocsr(), comments_of(later_stories)


@asset(group_name="model")
def mean_baseline(earlier_stories: pd.DataFrame) -> float:
    """What to say of a story when one knows nothing about it."""
    return float(comments_of(earlier_stories).mean())


@asset(group_name="model")
def comments_model(earlier_matrix) -> Output[ExpectedComments]:
    """A ridge regression on the logarithm of the comments."""
    model = ExpectedComments().fit(*earlier_matrix)
    return Output(model, metadata={"alpha": model.alpha, "mean over median": model.factor_})


@asset(group_name="model")
def later_predictions(later_stories, later_matrix, comments_model, mean_baseline) -> Output[pd.DataFrame]:
    """What the model and the baseline say of each later story, beside what became of it."""
    matrix, comments = later_matrix
    predictions = pd.DataFrame(
        {
            "id": later_stories.id.to_numpy(),
            "comments": comments,
            "model": comments_model.predict(matrix),
            "log_model": comments_model.predict_log(matrix),
            "baseline": mean_baseline,
        }
    )
    plot = calibration_plot(comments, predictions.model.to_numpy(), mean_baseline)
    return Output(predictions, metadata={"calibration": as_markdown(plot, "comments expected and counted")})


@asset(group_name="model")
def model_scores(context, later_predictions: pd.DataFrame, hacker_news: HackerNews):
    """R² and mean absolute error of model and baseline, in comments; and R² of the logarithm itself."""
    comments = later_predictions.comments.to_numpy()
    scores = {}
    for who in ("model", "baseline"):
        said = later_predictions[who].to_numpy()
        scores[f"{who}_r2"] = r_squared(comments, said)
        scores[f"{who}_mae"] = mean_absolute_error(comments, said)
    scores["model_log_r2"] = r_squared(np.log1p(comments), later_predictions.log_model.to_numpy())
    scores["stories"] = len(comments)
    context.add_output_metadata({**scores, "place": MetadataValue.text(hacker_news.place)})
    return scores


@asset_check(asset=later_predictions)
def model_beats_the_baseline(later_predictions: pd.DataFrame) -> AssetCheckResult:
    """The model's errors, absolute and squared, are smaller than the baseline's beyond doubt."""
    off = {who: later_predictions.comments - later_predictions[who] for who in ("baseline", "model")}
    absolute = gain_interval(np.abs(off["baseline"].to_numpy()), np.abs(off["model"].to_numpy()))
    squared = gain_interval(off["baseline"].to_numpy() ** 2, off["model"].to_numpy() ** 2)
    variance = later_predictions.comments.var(ddof=0)
    return AssetCheckResult(
        passed=min(*absolute, *squared) > 0,
        metadata={
            "gain in MAE, at least": absolute[0],
            "gain in MAE, at most": absolute[1],
            "gain in R², at least": squared[0] / variance,
            "gain in R², at most": squared[1] / variance,
        },
    )


@asset(group_name="model")
def newest_story_predictions(
    context, hacker_news: HackerNews, story_features, comments_model
) -> pd.DataFrame:
    """Comments that each of the newest stories may expect."""
    newest = hacker_news.newest_stories(100, say=context.log.info)
    expected = comments_model.predict(story_features.transform(newest)) if len(newest) else []
    return newest[["id", "title"]].assign(expected_comments=expected)


def comments_of(stories: pd.DataFrame) -> np.ndarray:
    """Comments per story; a story without a number has none."""
    return stories.descendants.fillna(0).to_numpy(dtype=float)


defs = Definitions(
    assets=load_assets_from_current_module(),
    asset_checks=load_asset_checks_from_current_module(),
    resources={"hacker_news": HackerNews.from_environment()},
)
