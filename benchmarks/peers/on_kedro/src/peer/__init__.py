"""The pipelines that `kedro run --pipelines NAME` runs."""
