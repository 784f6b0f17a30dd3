"""What the parts of one run share."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tidemill.execution.coding import Coding
from tidemill.execution.driver import Listener
from tidemill.execution.launch import Prepared
from tidemill.execution.recorder import Recorder
from tidemill.home import Home
from tidemill.work.logs import StepLog
from tidemill.work.orders import LogLine, RunInfo, StepOrder


class Scene(NamedTuple):
    """What the parts of one run share.

    Attributes:
        fence: Which driver of the run this is.
        hear: Takes events, log lines and progress.
        listening: Whether somebody shows what steps print.
        limits: Of pools, by name.
        coding: What the units are made of; empty for a store that nothing outlives.
    """

    prepared: Prepared
    info: RunInfo
    home: Home
    fence: int
    recorder: Recorder
    instance: Callable[[], Any]
    hear: Listener
    listening: bool
    limits: Mapping[str, int]
    coding: Coding
    errors: dict[str, BaseException]

    def log_of(self, order: StepOrder) -> StepLog:
        """The log of an attempt."""
        logs = self.home.log_folder(self.info.id)
        return StepLog(
            order.name, order.attempt, self.home.clock, logs, self.hear if self.listening else None
        )

    def warn(self, text: str) -> None:
        """Say something about the run as a whole, where it is seen."""
        if self.listening:
            self.hear(LogLine(self.home.clock.now(), "", 0, "log", "warning", text))
        else:
            logging.getLogger("tidemill.run").warning(text)

    @property
    def resource_configs(self) -> Mapping[str, Mapping[str, Any]]:
        """Config by resource key."""
        configs = self.prepared.configs
        return configs.resources if configs is not None else {}
