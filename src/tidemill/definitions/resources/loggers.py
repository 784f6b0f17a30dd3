"""Loggers: what else hears the messages of `context.log`, beside the log of the run.

    @logger ──Definitions(loggers=…)──▶ run config: `loggers: {key: {config: …}}` ──▶ a logger of that run

A logger is used by the runs whose config names it; `console` is always there.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tidemill.core.errors import InvalidInvocationError
from tidemill.definitions.arguments import wrong_type
from tidemill.definitions.resources.functions import is_function
from tidemill.definitions.values import NOTHING_SAID

CONSOLE = "console"
CONSOLE_SCHEMA = {"log_level": str | None, "name": str | None}
COLOURS = {"DEBUG": "2", "WARNING": "33", "ERROR": "31", "CRITICAL": "31;1"}  # as terminals number them


class NamedJob(NamedTuple):
    """The job of a run, as far as a logger may know it."""

    name: str


class InitLoggerContext:
    """What a function that makes a logger is given.

    Attributes:
        logger_config: Its config; a dict.
        logger_def: Its definition, or None in tests that call the function themselves.
        job_def: The job of the run (`.name`), or None outside of one.
        run_id: Of the run, or None outside of one.
    """

    def __init__(
        self,
        logger_config: Any = None,
        logger_def: LoggerDefinition | None = None,
        job_def: Any = None,
        run_id: str | None = None,
    ) -> None:
        self.logger_config = logger_config
        self.logger_def = logger_def
        self.job_def = job_def
        self.run_id = run_id


class LoggerDefinition:
    """How a logger is made; made by `@logger`.

    Args:
        logger_fn: Takes an `InitLoggerContext`, gives a standard `logging.Logger`.
        config_schema: Of its config: a dict of types, or a `Config` subclass. Without one it takes any dict.
        description: For the reader.
    """

    def __init__(
        self,
        logger_fn: Callable[[InitLoggerContext], logging.Logger],
        config_schema: Any = None,
        description: str | None = None,
    ) -> None:
        if not callable(logger_fn):
            raise wrong_type("LoggerDefinition", "logger_fn", logger_fn, "a function of an InitLoggerContext")
        self.logger_fn = logger_fn
        self.config_schema = config_schema
        self.description = description
        self._preset: Mapping[str, Any] = NOTHING_SAID

    def configured(
        self,
        config_or_config_fn: Mapping[str, Any],
        config_schema: Any = None,
        description: str | None = None,
    ) -> LoggerDefinition:
        """A copy that has some of its config already; a run may still give other values.

        Args:
            config_or_config_fn: Config; functions are not in this version.
            config_schema: Not in this version.
            description: For the reader; that of this logger where it is not given.

        Raises:
            InvalidDefinitionError: It is no dict, or a schema was given.
        """
        if config_schema is not None or not isinstance(config_or_config_fn, Mapping):
            given = config_or_config_fn if config_schema is None else config_schema
            raise wrong_type(
                "LoggerDefinition", "configured(...)", given, "a dict of config, without a schema"
            )
        copy = LoggerDefinition(self.logger_fn, self.config_schema, description or self.description)
        copy._preset = {**self._preset, **config_or_config_fn}
        return copy

    def launch_schema(self) -> tuple[Any, Mapping[str, Any]]:
        """What its config is described by, and what it has already."""
        return self.config_schema, self._preset

    def made(
        self, config: Mapping[str, Any], path: str, job_name: str | None = None, run_id: str | None = None
    ) -> logging.Logger:
        """The logger for a run.

        Raises:
            InvalidConfigError: The config is not as it must be.
            InvalidDefinitionError: The function gave something else.
        """
        complete: Mapping[str, Any] = {**self._preset, **config}
        if self.config_schema is not None:
            from tidemill.definitions.config.schemas import build_config  # noqa: PLC0415  (loads pydantic)

            complete = dict(build_config(self.config_schema, complete, path))
        job = None if job_name is None else NamedJob(job_name)
        found = self.logger_fn(InitLoggerContext(complete, self, job, run_id))
        if not isinstance(found, logging.Logger):
            raise wrong_type(
                getattr(self.logger_fn, "__name__", "logger"), "what it gave", found, "a logging.Logger"
            )
        return found

    def __call__(self, context: InitLoggerContext | None = None) -> logging.Logger:
        """Call the function as a test does.

        Raises:
            InvalidInvocationError: Something else than the context was given.
        """
        if context is None:
            context = InitLoggerContext()
        elif not isinstance(context, InitLoggerContext):
            raise InvalidInvocationError(
                "A logger is made from its context",
                found=repr(context),
                expected="an InitLoggerContext",
                next_step="build_init_logger_context(logger_config=…) makes one",
            )
        return self.made(context.logger_config or {}, "root:config", context.job_def and context.job_def.name)


def logger(config_schema: Any = None, description: str | None = None) -> Any:
    """Make a logger of a function; usable bare or with arguments.

    Args:
        config_schema: Of its config: a dict of types, or a `Config` subclass. Without one it takes any dict.
        description: For the reader.

    Example:
        >>> import logging
        >>> @logger({"level": str})
        ... def quiet(context):
        ...     return logging.Logger("quiet", level=context.logger_config["level"])
        >>> quiet(build_init_logger_context(logger_config={"level": "ERROR"})).level
        40
    """
    if is_function(config_schema):
        return LoggerDefinition(config_schema)
    return lambda fn: LoggerDefinition(fn, config_schema, description)


def build_init_logger_context(logger_config: Any = None, job_def: Any = None) -> InitLoggerContext:
    """A context to call a logger's function with in a test.

    Args:
        logger_config: What `context.logger_config` is, after the schema.
        job_def: A job.
    """
    return InitLoggerContext(logger_config, job_def=job_def)


class JsonLogFormatter(logging.Formatter):
    """One JSON object a record: all that the record has."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        facts = {**record.__dict__, "message": record.getMessage()}
        if record.exc_info:
            facts["exc_info"] = self.formatException(record.exc_info)
        return json.dumps(facts, default=str, sort_keys=True)


class _Coloured(logging.Formatter):
    """Time, name, level and message, coloured by level on a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        colour = COLOURS.get(record.levelname) if sys.stderr.isatty() else None
        return text if colour is None else f"\x1b[{colour}m{text}\x1b[0m"


def _to_stderr(context: InitLoggerContext, formatter: logging.Formatter) -> logging.Logger:
    """A logger that writes to standard error, past what is captured of it: its lines are in the log already."""
    config = context.logger_config
    level = (config.get("log_level") or "INFO").upper()
    made = logging.Logger(config.get("name") or "tidemill", level)  # noqa: LOG001  (of this run alone)
    stream = sys.stderr
    handler = logging.StreamHandler(getattr(stream, "outer", stream))
    handler.setFormatter(formatter)
    made.addHandler(handler)
    return made


def _coloured(context: InitLoggerContext) -> logging.Logger:
    return _to_stderr(context, _Coloured("%(asctime)s - %(name)s - %(levelname)s - %(message)s"))


def _json(context: InitLoggerContext) -> logging.Logger:
    return _to_stderr(context, JsonLogFormatter())


colored_console_logger = LoggerDefinition(
    _coloured, CONSOLE_SCHEMA, "Messages on standard error, coloured on a terminal; config: log_level, name."
)
json_console_logger = LoggerDefinition(
    _json, CONSOLE_SCHEMA, "Messages on standard error as JSON, one object a line; config: log_level, name."
)


def default_loggers() -> dict[str, LoggerDefinition]:
    """The loggers that run config can name without `Definitions(loggers=…)`."""
    return {CONSOLE: colored_console_logger}


def valid_loggers(given: Mapping[str, Any] | None) -> dict[str, LoggerDefinition]:
    """`loggers=` by key.

    Raises:
        InvalidDefinitionError: One is no logger definition.
    """
    for key, value in (given or NOTHING_SAID).items():
        if not isinstance(value, LoggerDefinition):
            raise wrong_type("Definitions", f"loggers[{key!r}]", value, "what @logger gave")
    return dict(given or NOTHING_SAID)
