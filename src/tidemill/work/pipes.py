"""A step whose work another process does, and reports: `PipesSubprocessClient`, and the parts that it is made of.

    context ──injector──▶ where the process finds what the step says of itself ─┐ environment variables
    a place for messages ◀──reader── ───────────────────────────────────────────┘ (`tidemill.pipes.wire`)
    process ──lines──▶ reader ──▶ PipesMessageHandler ──▶ log of the step, results

Messages are read while the client waits for the process, and by a session whenever somebody asks for results.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from tidemill.core.errors import InvariantViolationError, TidemillError, UserCodeError
from tidemill.core.keys import AssetKey
from tidemill.core.metadata import MetadataValue
from tidemill.definitions.results import AssetCheckResult, DataVersion, MaterializeResult
from tidemill.definitions.specs.checks import AssetCheckSeverity
from tidemill.definitions.values import replace
from tidemill.pipes.wire import CONTEXT_VARIABLE, INFER, MESSAGES_VARIABLE, packed
from tidemill.work.context import AssetExecutionContext

Told: TypeAlias = MaterializeResult[Any] | AssetCheckResult
R = TypeVar("R", bound=Told)

SECONDS_BETWEEN_READS = 0.05


class PipesContextInjector(ABC):
    """Puts what a step says of itself where a process finds it."""

    @abstractmethod
    def inject_context(self, context: Mapping[str, Any]) -> AbstractContextManager[Mapping[str, Any]]:
        """Put it there while the block lasts; gives where that is."""


class PipesEnvContextInjector(PipesContextInjector):
    """Into the environment variable itself."""

    @contextmanager
    def inject_context(self, context: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Put it there."""
        yield {"data": context}


class PipesFileContextInjector(PipesContextInjector):
    """Into a file, which is removed afterwards.

    Args:
        path: Of the file.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    @contextmanager
    def inject_context(self, context: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Put it there."""
        self._path.write_text(json.dumps(context), encoding="utf-8")
        try:
            yield {"path": str(self._path.absolute())}
        finally:
            self._path.unlink(missing_ok=True)


class PipesTempFileContextInjector(PipesContextInjector):
    """Into a temporary file."""

    @contextmanager
    def inject_context(self, context: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Put it there."""
        with (
            tempfile.TemporaryDirectory(prefix="tidemill-") as folder,
            PipesFileContextInjector(f"{folder}/context").inject_context(context) as place,
        ):
            yield place


class PipesMessageReader(ABC):
    """Brings the messages of a process to a handler."""

    @abstractmethod
    def read_messages(self, handler: PipesMessageHandler) -> AbstractContextManager[Mapping[str, Any]]:
        """Bring them while the block lasts; gives where the process is to write them."""

    def no_messages_debug_text(self) -> str:
        """Where messages were looked for, for whoever wonders why there are none."""
        return f"Messages were looked for by {type(self).__name__}."


class PipesFileMessageReader(PipesMessageReader):
    """From a file of lines.

    Args:
        path: Of the file.
        include_stdio_in_messages: Whether the process is to send what it prints, too.
        cleanup_file: Whether the file is removed afterwards.
    """

    def __init__(self, path: str, include_stdio_in_messages: bool = False, cleanup_file: bool = True) -> None:
        self._path = Path(path)
        self._with_output = include_stdio_in_messages
        self._cleans = cleanup_file

    @contextmanager
    def read_messages(self, handler: PipesMessageHandler) -> Iterator[Mapping[str, Any]]:
        """Bring them."""
        self._path.touch()
        try:
            with self._path.open(encoding="utf-8") as file:
                handler.source = _Lines(file)
                yield {"path": str(self._path.absolute()), "include_stdio_in_messages": self._with_output}
                handler.drain()
        finally:
            handler.source = None
            if self._cleans:
                self._path.unlink(missing_ok=True)


class PipesTempFileMessageReader(PipesMessageReader):
    """From a temporary file of lines.

    Args:
        include_stdio_in_messages: Whether the process is to send what it prints, too.
    """

    def __init__(self, include_stdio_in_messages: bool = False) -> None:
        self._with_output = include_stdio_in_messages

    @contextmanager
    def read_messages(self, handler: PipesMessageHandler) -> Iterator[Mapping[str, Any]]:
        """Bring them."""
        with tempfile.TemporaryDirectory(prefix="tidemill-") as folder:
            reader = PipesFileMessageReader(f"{folder}/messages", self._with_output)
            with reader.read_messages(handler) as place:
                yield place


class _Lines:
    """What has been written to a file since somebody asked last: whole lines only."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._rest = ""

    def __iter__(self) -> Iterator[str]:
        *lines, self._rest = (self._rest + self._file.read()).split("\n")
        yield from filter(None, lines)


class PipesMessageHandler:
    """Takes the messages of one process: log lines go to the log of the step, what was made is kept for it.

    Args:
        context: Of the step.

    Attributes:
        source: Where a reader lets lines be read from, if it reads only when it is asked.
    """

    def __init__(self, context: AssetExecutionContext) -> None:
        self._context = context
        self.source: _Lines | None = None
        self.opened = self.closed = False
        self.results: list[Told] = []
        self.custom: list[Any] = []

    def drain(self) -> None:
        """Handle what was written since the last time."""
        for line in self.source or ():
            try:
                message = json.loads(line)
            except json.JSONDecodeError:
                self._context.log.info(line)
                continue
            self.handle_message(message)

    def handle_message(self, message: Mapping[str, Any]) -> None:
        """Take one message."""
        told = message.get("params") or {}
        match message.get("method"):
            case "opened":
                self.opened = True
            case "closed":
                self.closed = True
                if told.get("exception"):
                    self._context.log.error(_story(told["exception"]))
            case "log":
                level = logging.getLevelNamesMapping().get(str(told["level"]).upper(), logging.INFO)
                self._context.log.log(level, told["message"])
            case "log_external_stream":
                self._context.log.info(told["text"].rstrip())
            case "report_asset_materialization":
                self.results.append(_materialization(told))
            case "report_asset_check":
                self.results.append(_check(told))
            case "report_custom_message":
                self.custom.append(told["payload"])
            case unknown:
                raise InvariantViolationError(
                    f"The process sent a message of an unknown kind, {unknown!r}",
                    subject=str(unknown),
                    found=repr(message)[:200],
                    expected="a message of Dagster Pipes 0.1",
                )

    def report_custom_message(self, payload: Any) -> None:
        """Take something that JSON can say."""
        self.custom.append(payload)


class PipesSession:
    """A process and a step that talk; from `open_pipes_session`.

    Args:
        context: Of the step.
        handler: Has what was told.
        places: What the environment variables say.
    """

    def __init__(
        self, context: AssetExecutionContext, handler: PipesMessageHandler, places: Mapping[str, str]
    ) -> None:
        self._context = context
        self._handler = handler
        self._places = places
        self._given = 0

    def get_bootstrap_env_vars(self) -> dict[str, str]:
        """The environment variables that connect a process."""
        return dict(self._places)

    def get_reported_results(self) -> Sequence[Told]:
        """What was reported and not given here before."""
        self._handler.drain()
        found = self._handler.results[self._given :]
        self._given += len(found)
        return found

    def get_results(self, *, implicit_materializations: bool = True) -> Sequence[Told]:
        """What was reported and not given here before; and that assets of which nothing was said were made.

        Args:
            implicit_materializations: Whether the assets of the step of which nothing was said were made.
        """
        found = list(self.get_reported_results())
        if not implicit_materializations or not self._context.has_assets_def:
            return found
        told = {each.asset_key for each in self._handler.results if isinstance(each, MaterializeResult)}
        untold = sorted(self._context.selected_asset_keys - told)
        return [*found, *(MaterializeResult(asset_key=key) for key in untold)]

    def get_custom_messages(self) -> Sequence[Any]:
        """What was reported with `report_custom_message`."""
        self._handler.drain()
        return self._handler.custom


@contextmanager
def open_pipes_session(
    context: AssetExecutionContext,
    context_injector: PipesContextInjector,
    message_reader: PipesMessageReader,
    extras: Mapping[str, Any] | None = None,
) -> Iterator[PipesSession]:
    """Let a process that the block starts report to this step; the session gives the environment variables for it.

    Args:
        context: Of the step.
        context_injector: How the process learns what the step is.
        message_reader: How its messages come back.
        extras: What the process is given along: anything that JSON can say.
    """
    handler = PipesMessageHandler(context)
    with ExitStack() as stack:
        where = stack.enter_context(context_injector.inject_context(context_data(context, extras)))
        messages = stack.enter_context(message_reader.read_messages(handler))
        places = {CONTEXT_VARIABLE: packed(where), MESSAGES_VARIABLE: packed(messages)}
        yield PipesSession(context, handler, places)
    if not handler.opened:
        context.log.warning(
            "The process never opened a session: open_dagster_pipes() was not called. %s",
            message_reader.no_messages_debug_text(),
        )


class PipesClientCompletedInvocation:
    """What a process reported, once it is over.

    Args:
        session: That it reported to.
    """

    def __init__(self, session: PipesSession) -> None:
        self._session = session

    def get_results(self, *, implicit_materializations: bool = True) -> Sequence[Told]:
        """For the step to yield: a result for each asset, with the checks of it; arguments as of the session's."""
        results = self._session.get_results(implicit_materializations=implicit_materializations)
        checks = [each for each in results if isinstance(each, AssetCheckResult)]
        made = [each for each in results if isinstance(each, MaterializeResult)]
        with_checks = [
            replace(each, check_results=[check for check in checks if check.asset_key == each.asset_key])
            for each in made
        ]
        keys = {each.asset_key for each in made}
        return [*with_checks, *(check for check in checks if check.asset_key not in keys)]

    def get_materialize_result(self, *, implicit_materialization: bool = True) -> MaterializeResult[Any]:
        """For a step with one asset to return.

        Raises:
            InvariantViolationError: There are results of several assets, or none.
        """
        results = self.get_results(implicit_materializations=implicit_materialization)
        return _only(results, MaterializeResult, "get_materialize_result")

    def get_asset_check_result(self) -> AssetCheckResult:
        """For a step that is a check to return.

        Raises:
            InvariantViolationError: There are several, or none.
        """
        return _only(self.get_results(), AssetCheckResult, "get_asset_check_result")

    def get_custom_messages(self) -> Sequence[Any]:
        """What was reported with `report_custom_message`."""
        return self._session.get_custom_messages()


class PipesSubprocessClient:
    """Runs a command as a process of its own, which reports to the step; a resource.

    Args:
        env: Environment variables for every command, over those of this process.
        cwd: Working folder.
        context_injector: How the process learns what the step is; by a temporary file.
        message_reader: How its messages come back; by a temporary file.
        forward_termination: Whether the process is ended when the step is.
        forward_stdio: Whether what the process prints goes where this process prints.
        termination_timeout_seconds: How long it has to end by itself.

    Example:
        >>> @asset
        ... def model(context, pipes: PipesSubprocessClient):
        ...     return pipes.run(command=["python", "train.py"], context=context).get_materialize_result()
    """

    __tidemill_resource__ = True

    def __init__(
        self,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        context_injector: PipesContextInjector | None = None,
        message_reader: PipesMessageReader | None = None,
        forward_termination: bool = True,
        forward_stdio: bool = True,
        termination_timeout_seconds: float = 20,
    ) -> None:
        self._env = dict(env or {})
        self._cwd = cwd
        self._injector = context_injector or PipesTempFileContextInjector()
        self._reader = message_reader or PipesTempFileMessageReader()
        self._ends_with_step = forward_termination
        self._output = None if forward_stdio else subprocess.DEVNULL
        self._patience = termination_timeout_seconds

    def run(
        self,
        *,
        context: AssetExecutionContext,
        extras: Mapping[str, Any] | None = None,
        command: str | Sequence[str],
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
    ) -> PipesClientCompletedInvocation:
        """Run a command and wait for it.

        Args:
            context: Of the step.
            extras: What the process is given along: anything that JSON can say.
            command: Program and arguments, as for `subprocess.Popen`: no shell reads them.
            env: Environment variables, over those of the client.
            cwd: Working folder, instead of that of the client.

        Raises:
            UserCodeError: The process ended with another code than 0.
        """
        with open_pipes_session(context, self._injector, self._reader, extras) as session:
            process = subprocess.Popen(
                command,
                cwd=cwd or self._cwd,
                env={**os.environ, **self._env, **(env or {}), **session.get_bootstrap_env_vars()},
                stdout=self._output,
                stderr=self._output,
            )
            try:
                code = self._wait(process, session)
            except BaseException:
                if self._ends_with_step:
                    self._end(process)
                raise
        if code != 0:
            raise UserCodeError(
                f"The process ended with code {code}",
                subject=command if isinstance(command, str) else " ".join(command),
                found=f"exit code {code}",
                expected="exit code 0",
                next_step="what it wrote stands in the log of the step",
            )
        return PipesClientCompletedInvocation(session)

    def _wait(self, process: subprocess.Popen[bytes], session: PipesSession) -> int:
        while True:
            try:
                return process.wait(SECONDS_BETWEEN_READS)
            except subprocess.TimeoutExpired:
                session.get_custom_messages()  # what was logged meanwhile is seen now

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.terminate()
        try:
            process.wait(self._patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def context_data(context: AssetExecutionContext, extras: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a step says of itself to a process."""
    checks = context.selected_asset_check_keys
    keys = sorted(context.selected_asset_keys) or sorted({check.asset_key for check in checks})
    versions = context.assets_def.code_versions_by_key if context.has_assets_def else {}
    sliced = context.has_partition_key or context.has_partition_key_range
    named = {key: key.to_user_string() for key in keys}
    return {
        "asset_keys": list(named.values()) or None,
        "code_version_by_asset_key": {name: versions.get(key) for key, name in named.items()} or None,
        "provenance_by_asset_key": {name: _provenance(context, key) for key, name in named.items()} or None,
        "partition_key": context.partition_key if context.has_partition_key else None,
        "partition_key_range": _ends(*context.partition_key_range) if sliced else None,
        "partition_time_window": _window(context) if sliced else None,
        "run_id": context.run_id,
        "job_name": context.job_name,
        "retry_number": context.retry_number,
        "extras": dict(extras or {}),
    }


def _ends(start: str, end: str) -> dict[str, str]:
    return {"start": start, "end": end}


def _window(context: AssetExecutionContext) -> dict[str, str] | None:
    try:
        window = context.partition_time_window
    except TidemillError:  # partitions that are no times
        return None
    return _ends(window.start.isoformat(), window.end.isoformat())


def _provenance(context: AssetExecutionContext, key: AssetKey) -> dict[str, Any] | None:
    found = context.get_asset_provenance(key)
    if found is None:
        return None
    inputs = {each.to_user_string(): version.value for each, version in found.input_data_versions.items()}
    return {
        "code_version": found.code_version,
        "input_data_versions": inputs,
        "is_user_provided": found.is_user_provided,
    }


def _materialization(told: Mapping[str, Any]) -> MaterializeResult[Any]:
    version = told.get("data_version")
    return MaterializeResult(
        asset_key=AssetKey.from_user_string(told["asset_key"]),
        metadata=_metadata(told.get("metadata")),
        data_version=None if version is None else DataVersion(version),
    )


def _check(told: Mapping[str, Any]) -> AssetCheckResult:
    return AssetCheckResult(
        passed=told["passed"],
        asset_key=AssetKey.from_user_string(told["asset_key"]),
        check_name=told["check_name"],
        severity=AssetCheckSeverity(told.get("severity") or "ERROR"),
        metadata=_metadata(told.get("metadata")),
    )


def _metadata(told: Mapping[str, Any] | None) -> dict[str, Any]:
    return {label: _value(each["raw_value"], each["type"]) for label, each in (told or {}).items()}


def _value(raw: Any, kind: str) -> Any:
    if kind == INFER:
        return raw
    if kind == "asset":
        return MetadataValue.asset(AssetKey.from_user_string(raw))
    if kind == "null":
        return MetadataValue.null()
    make = getattr(MetadataValue, kind, None)
    if make is None:
        raise InvariantViolationError(
            f"Metadata of type {kind!r} cannot come from a process",
            subject=kind,
            found=repr(raw)[:200],
            expected="text, url, path, notebook, json, md, float, int, bool, timestamp, dagster_run, asset, null",
        )
    return make(raw)


def _story(error: Mapping[str, Any]) -> str:
    return f"The process failed: {error.get('message')}\n{''.join(error.get('stack') or ())}".rstrip()


def _only(results: Sequence[Told], kind: type[R], asked: str) -> R:
    found = [each for each in results if isinstance(each, kind)]
    if len(found) == 1:
        return found[0]
    raise InvariantViolationError(
        f"{asked} needs one result",
        subject=asked,
        found=", ".join(str(each.asset_key) for each in found) or "none",
        expected=f"one {kind.__name__}",
        next_step="yield all of them: yield from ….get_results()",
    )
