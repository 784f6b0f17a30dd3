"""Pictures for metadata, drawn without `pyplot`, so that no state of another thread is touched."""

from __future__ import annotations

import base64
from io import BytesIO

import numpy as np
from matplotlib.figure import Figure

from tidemill import MetadataValue

SIZE = (5.0, 2.8)


def comments_histogram(comments: np.ndarray) -> Figure:
    """How many stories have how many comments, on a logarithmic axis."""
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.subplots()
    axes.hist(np.log10(1 + comments), bins=40, color="#3b6ea8")
    ticks = [count for count in (0, 1, 3, 10, 30, 100, 300, 1_000) if count <= comments.max(initial=1)]
    axes.set_xticks(np.log10(1 + np.array(ticks)), [f"{tick:,}" for tick in ticks])
    axes.set(xlabel="comments", ylabel="stories")
    return figure


def calibration_plot(actual: np.ndarray, predicted: np.ndarray, baseline: float) -> Figure:
    """Stories in ten groups of rising prediction: what was expected of each group, and what came."""
    groups = np.array_split(np.argsort(predicted, kind="stable"), min(10, len(predicted)))
    expected = [predicted[group].mean() for group in groups]
    came = [actual[group].mean() for group in groups]
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.subplots()
    axes.plot(expected, came, "o-", color="#3b6ea8", label="model, by tenths")
    axes.axhline(baseline, color="#b3541e", linestyle="--", label="baseline")
    axes.axline((baseline, baseline), slope=1, color="#888888", linewidth=0.8)
    axes.set(xlabel="comments expected", ylabel="comments, on average")
    axes.legend(frameon=False)
    return figure


def as_markdown(figure: Figure, title: str) -> MetadataValue:
    """A figure as a Markdown picture, which any Markdown reader shows."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=90)
    picture = base64.b64encode(buffer.getvalue()).decode()
    return MetadataValue.md(f"![{title}](data:image/png;base64,{picture})")
