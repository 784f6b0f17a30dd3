"""The loggers that a run's config names: each message of a step goes to them, too.

They are made in each process that steps run in, when the first message comes.
"""

from __future__ import annotations

import logging
from functools import cached_property

from tidemill.definitions.project import Project
from tidemill.definitions.resources.loggers import CONSOLE, colored_console_logger, default_loggers
from tidemill.work.orders import RunInfo


class RunLoggers:
    """The loggers of one run in one process.

    Args:
        project: Has their definitions.
        run: Names them, with their config.
        shown: Whether somebody shows the messages, so that a console need not.
    """

    def __init__(self, project: Project, run: RunInfo, *, shown: bool) -> None:
        self._project = project
        self._run = run
        self._shown = shown

    @cached_property
    def made(self) -> list[logging.Logger]:
        """Those that are told."""
        definitions = {**default_loggers(), **self._project.loggers}
        return [
            definitions[key].made(config, f"root:loggers:{key}:config", self._run.job_name, self._run.id)
            for key, config in self._run.loggers.items()
            if not (key == CONSOLE and self._shown and definitions[key] is colored_console_logger)
        ]

    def tell(self, step: str, level: str, text: str) -> None:
        """Give a message of a step to each."""
        number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
        run = self._run
        message = f"{run.job_name} - {run.id} - {step} - {text}"
        facts = {
            "run_id": run.id,
            "job_name": run.job_name,
            "job_tags": dict(run.tags),
            "step_key": step,
            "op_name": step,
            "orig_message": text,
        }
        for each in self.made:
            if each.isEnabledFor(number):
                record = each.makeRecord(each.name, number, step, 0, message, (), None)
                record.dagster_meta = facts  # as formatters that programs bring along look for them
                each.handle(record)
