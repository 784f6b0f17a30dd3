"""The guide's pipeline."""

import inspect

from kedro.pipeline import Pipeline, node

from benchmarks.guide import OUTPUTS, pipeline
from benchmarks.peers.work import stories_file


def create_pipeline() -> Pipeline:
    return Pipeline(
        [
            node(
                function,
                inputs=inspect.getfullargspec(function).args,
                outputs=_outputs(function.__name__),
            )
            for function in pipeline(stories_file())
        ]
    )


def _outputs(name: str) -> str | list[str]:
    return list(OUTPUTS[name]) if name in OUTPUTS else name
