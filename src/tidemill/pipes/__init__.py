"""What a process that a step started says to it: in place of `dagster_pipes`.

    with open_dagster_pipes() as pipes:
        pipes.log.info("training")
        pipes.report_asset_materialization(metadata={"rows": 3})

Only the standard library is loaded. The step's side is `tidemill.work.pipes`.
"""

from __future__ import annotations

import json
import logging
import os
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any, ClassVar, Literal, Self

from tidemill.pipes.wire import CONTEXT_VARIABLE, MESSAGES_VARIABLE, message, typed, unpacked


class DagsterPipesError(Exception):
    """Something was asked or told that the step cannot answer or take."""


class PipesContext:
    """The step that started this process, and what can be told to it; a context manager.

    Args:
        context: What the step said of itself.
        messages: File that takes what is told; None where no step listens, and nothing is written.
    """

    _current: ClassVar[PipesContext | None] = None

    def __init__(self, context: Mapping[str, Any], messages: str | None) -> None:
        self._context = context
        self._file = open(messages, "a", encoding="utf-8") if messages is not None else None  # noqa: SIM115, PTH123
        self.is_closed = False
        self._log = logging.getLogger("tidemill.pipes")
        self._log.setLevel(logging.DEBUG)
        self._log.propagate = False
        self._log.handlers = [_ToStep(self)]
        self._tell("opened", extras={})
        PipesContext._current = self

    @classmethod
    def get(cls) -> PipesContext:
        """The one that was opened last.

        Raises:
            DagsterPipesError: None was.
        """
        if cls._current is None:
            raise DagsterPipesError("open_dagster_pipes() was not called yet")
        return cls._current

    @classmethod
    def is_initialized(cls) -> bool:
        """Whether one was opened."""
        return cls._current is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(error)

    def close(self, error: BaseException | None = None) -> None:
        """Say that nothing more comes; and why, where the process fails."""
        if not self.is_closed:
            self._tell("closed", **({"exception": _told(error)} if error is not None else {}))
            self.is_closed = True
            if self._file is not None:
                self._file.close()

    # What the step says

    @property
    def is_asset_step(self) -> bool:
        """Whether the step makes or checks assets."""
        return self._context.get("asset_keys") is not None

    @property
    def asset_keys(self) -> list[str]:
        """The assets of the step, as text: `a/b`."""
        return list(self._of_assets("asset_keys"))

    @property
    def asset_key(self) -> str:
        """The only asset of the step."""
        return self._only(self.asset_keys, "asset_key")

    @property
    def code_version_by_asset_key(self) -> Mapping[str, str | None]:
        """Asset → its code version."""
        return self._of_assets("code_version_by_asset_key")  # type: ignore[no-any-return]

    @property
    def code_version(self) -> str | None:
        """Code version of the only asset."""
        return self.code_version_by_asset_key[self.asset_key]

    @property
    def provenance_by_asset_key(self) -> Mapping[str, Mapping[str, Any] | None]:
        """Asset → what its latest version was made from."""
        return self._of_assets("provenance_by_asset_key")  # type: ignore[no-any-return]

    @property
    def provenance(self) -> Mapping[str, Any] | None:
        """What the latest version of the only asset was made from."""
        return self.provenance_by_asset_key[self.asset_key]

    @property
    def is_partition_step(self) -> bool:
        """Whether the step is of partitions."""
        return self._context.get("partition_key_range") is not None

    @property
    def partition_key(self) -> str:
        """The partition of the step."""
        return self._of_partitions("partition_key")  # type: ignore[no-any-return]

    @property
    def partition_key_range(self) -> Mapping[str, str]:
        """First and last partition: `start`, `end`."""
        return self._of_partitions("partition_key_range")  # type: ignore[no-any-return]

    @property
    def partition_time_window(self) -> Mapping[str, str]:
        """When the partitions of the step begin and end, as ISO 8601: `start`, `end`."""
        return self._of_partitions("partition_time_window")  # type: ignore[no-any-return]

    @property
    def run_id(self) -> str:
        """Id of the run."""
        return self._context["run_id"]  # type: ignore[no-any-return]

    @property
    def job_name(self) -> str | None:
        """Name of the run's job."""
        return self._context.get("job_name")

    @property
    def retry_number(self) -> int:
        """How often the step was tried before."""
        return self._context["retry_number"]  # type: ignore[no-any-return]

    @property
    def extras(self) -> Mapping[str, Any]:
        """What the step gave along."""
        return self._context["extras"]  # type: ignore[no-any-return]

    def get_extra(self, key: str) -> Any:
        """One of the extras.

        Raises:
            DagsterPipesError: There is none under that key.
        """
        if key not in self.extras:
            raise DagsterPipesError(
                f"There is no extra {key!r}; there are: {', '.join(self.extras) or 'none'}"
            )
        return self.extras[key]

    # What is told to it

    @property
    def log(self) -> logging.Logger:
        """A logger whose lines stand in the log of the step."""
        return self._log

    def report_asset_materialization(
        self,
        metadata: Mapping[str, Any] | None = None,
        data_version: str | None = None,
        asset_key: str | None = None,
    ) -> None:
        """Say that an asset of the step was made, once for each.

        Args:
            metadata: Facts about it: plain values, or `{"raw_value": …, "type": "md"}`.
            data_version: What it is now.
            asset_key: Which, where the step has several.
        """
        key = asset_key or self._only(self.asset_keys, "asset_key")
        self._tell(
            "report_asset_materialization", asset_key=key, data_version=data_version, metadata=typed(metadata)
        )

    def report_asset_check(
        self,
        check_name: str,
        passed: bool,
        severity: Literal["WARN", "ERROR"] = "ERROR",
        metadata: Mapping[str, Any] | None = None,
        asset_key: str | None = None,
    ) -> None:
        """Say whether a check passed; arguments as of `AssetCheckResult`."""
        key = asset_key or self._only(self.asset_keys, "asset_key")
        self._tell(
            "report_asset_check",
            asset_key=key,
            check_name=check_name,
            passed=passed,
            severity=severity,
            metadata=typed(metadata),
        )

    def report_custom_message(self, payload: Any) -> None:
        """Say anything that JSON can: the step finds it among `get_custom_messages()`."""
        self._tell("report_custom_message", payload=payload)

    def _tell(self, method: str, **params: Any) -> None:
        if self.is_closed:
            raise DagsterPipesError(f"{method} comes after the end: nobody listens any more")
        if self._file is not None:
            self._file.write(json.dumps(message(method, **params)) + "\n")
            self._file.flush()

    def _of_assets(self, name: str) -> Any:
        if not self.is_asset_step:
            raise DagsterPipesError(f"{name} is undefined: the step makes no assets")
        return self._context[name]

    def _of_partitions(self, name: str) -> Any:
        if not self.is_partition_step:
            raise DagsterPipesError(f"{name} is undefined: the step is not of partitions")
        return self._context[name]

    def _only(self, keys: list[str], name: str) -> str:
        if self._file is None:
            return ""  # nobody listens
        if len(keys) != 1:
            raise DagsterPipesError(f"{name} is needed: the step has several assets, {', '.join(keys)}")
        return keys[0]


class _ToStep(logging.Handler):
    """Sends what is logged to the step."""

    def __init__(self, context: PipesContext) -> None:
        super().__init__()
        self._context = context

    def emit(self, record: logging.LogRecord) -> None:
        if not self._context.is_closed:
            self._context._tell("log", message=record.getMessage(), level=record.levelname)


def open_dagster_pipes() -> PipesContext:
    """Connect to the step that started this process; where none did, what is told goes nowhere.

    Example:
        >>> with open_dagster_pipes() as pipes:  # doctest: +SKIP
        ...     pipes.report_asset_materialization(metadata={"rows": 3})
    """
    context, messages = os.environ.get(CONTEXT_VARIABLE), os.environ.get(MESSAGES_VARIABLE)
    if context is None or messages is None:
        return PipesContext({"asset_keys": [], "run_id": "", "retry_number": 0, "extras": _Anything()}, None)
    place = unpacked(context)
    if "path" in place:
        with open(place["path"], encoding="utf-8") as file:  # noqa: PTH123  (pathlib is slow to load)
            return PipesContext(json.load(file), unpacked(messages)["path"])
    return PipesContext(place["data"], unpacked(messages)["path"])


class _Anything(dict[str, Any]):
    """Extras of a process that no step started: a script can still be tried by hand."""

    def __contains__(self, _: object) -> bool:
        return True

    def __missing__(self, _: str) -> None:
        return None


def _told(error: BaseException) -> dict[str, Any]:
    return {
        "message": "".join(traceback.format_exception_only(error)).strip(),
        "stack": traceback.format_tb(error.__traceback__),
        "name": type(error).__name__,
        "cause": _told(error.__cause__) if error.__cause__ is not None else None,
        "context": None,
    }
