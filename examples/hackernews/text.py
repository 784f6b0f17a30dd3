"""What a story says before anybody has commented: the words of its title, its site, its author, its hour."""

from __future__ import annotations

from urllib.parse import urlsplit

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, TargetEncoder

# A word or a pair of words counts when at least so many titles have it.
MIN_DF = 1
SEED = 0


def feature_extractor() -> ColumnTransformer:
    """Stories → a sparse matrix. Fitted to stories with the logarithm of their comments.

    A site and an author each become one column: how much talk their other stories caused. What
    `fit_transform` gives a story was learnt without that story: its own comments are not among its features.
    """
    encoder = TargetEncoder(
        target_type="continuous", smooth=20.0, cv=KFold(5, shuffle=True, random_state=SEED)
    )
    return ColumnTransformer(
        [
            ("words", TfidfVectorizer(min_df=MIN_DF, ngram_range=(1, 2), sublinear_tf=True), "title"),
            ("origin", make_pipeline(FunctionTransformer(origin), encoder), ["url", "by"]),
            ("shape", FunctionTransformer(shape), ["title", "url", "time"]),
        ],
        sparse_threshold=1.0,  # never a dense matrix, however small the vocabulary
    )


def origin(stories: pd.DataFrame) -> np.ndarray:
    """Site and author, as text: (stories, 2)."""
    sites = [site(url) for url in stories.url]
    return np.column_stack([np.array(sites, dtype=object), stories.by.fillna("").to_numpy(dtype=object)])


def site(url: object) -> str:
    """`news.example.com` of `https://www.news.example.com/page`; nothing where a story has only text."""
    if not isinstance(url, str):
        return ""
    try:
        return urlsplit(url).netloc.lower().removeprefix("www.")
    except ValueError:  # such as an unclosed [ in the place of the host
        return ""


def shape(stories: pd.DataFrame) -> np.ndarray:
    """What can be counted in a title, and when it appeared: (stories, 13), all of them about 0 to 1."""
    title = stories.title.astype(str)
    hour = stories.time.to_numpy(dtype=float) % 86_400 / 86_400 * 2 * np.pi
    day = stories.time.to_numpy(dtype=np.int64) // 86_400 % 7  # 1970 began on a Thursday: Saturday is 2
    columns = [
        title.str.startswith("Ask HN"),
        title.str.startswith("Show HN"),
        title.str.contains("?", regex=False),
        title.str.contains(r"\((?:19|20)\d\d\)"),
        title.str.contains("[pdf]", regex=False),
        title.str.contains("[video]", regex=False),
        stories.url.isna(),
        (day == 2) | (day == 3),
        title.str.len() / 80,
        title.str.count("[A-Z]") / 10,
        title.str.count(r"\d") / 4,
        np.sin(hour),
        np.cos(hour),
    ]
    return np.column_stack([np.asarray(column, dtype=float) for column in columns])
