"""The pipelines, each in a package of its own."""

from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline


def register_pipelines() -> dict[str, Pipeline]:
    return find_pipelines(raise_errors=True)
