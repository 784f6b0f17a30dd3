"""Run config asked about without a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidemill.compat.jobs import JobDefinition
from tidemill.definitions.values import config_value
from tidemill.execution.launch import prepare


def validate_run_config(job_def: JobDefinition, run_config: Any = None) -> Mapping[str, Any]:
    """Find out whether run config is good for a job; nothing runs, and no variable is read.

    Args:
        job_def: The job.
        run_config: `RunConfig`, or a dict, over the job's own config.

    Returns:
        The config that a run would have: what was given, completed by defaults, by section.

    Raises:
        InvalidConfigError: It is not good; the error lists every problem with its path.

    Example:
        >>> @asset
        ... def rows():
        ...     return [1, 2]
        >>> definitions = Definitions(assets=[rows], jobs=[define_asset_job("nightly")])
        >>> validate_run_config(definitions.get_job_def("nightly"))["execution"]
        {}
    """
    configs = prepare(job_def.project, job_def.request(run_config, None, None, None)).configs
    if configs is None:
        return {"ops": {}, "resources": {}, "execution": {}, "loggers": {}}

    def entries(by_name: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        return {name: {"config": config_value(config)} for name, config in by_name.items()}

    return {
        "ops": entries(configs.steps),
        "resources": entries(configs.resources),
        "execution": dict(configs.execution),
        "loggers": dict(configs.loggers),
    }
