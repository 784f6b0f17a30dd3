"""Is a model better than predicting the mean? Scores, and how sure one can be of their difference."""

from __future__ import annotations

import numpy as np

RESAMPLES = 1_000
SEED = 0


def mean_absolute_error(actual: np.ndarray, predicted: np.ndarray) -> float:
    """In comments."""
    return float(np.abs(actual - predicted).mean())


def r_squared(actual: np.ndarray, predicted: np.ndarray) -> float:
    """1 is perfect; 0 is as good as knowing the mean of the stories that are predicted; below is worse."""
    return float(1 - ((actual - predicted) ** 2).sum() / ((actual - actual.mean()) ** 2).sum())


def gain_interval(worse: np.ndarray, better: np.ndarray) -> tuple[float, float]:
    """Between which bounds the mean of `worse - better`, two errors per story, lies with 95 % confidence.

    A paired bootstrap: stories are drawn with replacement, and both errors of a story stay together.
    """
    gain = worse - better
    random = np.random.default_rng(SEED)
    means = [gain[random.integers(len(gain), size=len(gain))].mean() for _ in range(RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)
