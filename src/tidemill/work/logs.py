"""What a step says: `context.log`, `print` and stderr, in order, masked, line by line.

    print / stderr ──▶ Capture ──┐
    context.log ──▶ StepLogger ──┼──▶ StepLog ──▶ file (JSON lines) and a sink (the live view)
    logging ──▶ handler ─────────┘

Only whole lines go on, so that a secret which was written in pieces is still found; of a line that a progress bar
redraws with carriage returns its last state is kept, and each state is told as progress.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from tidemill.core.clock import Clock
from tidemill.core.secrets import mask
from tidemill.work.failures import error_info
from tidemill.work.loggers import RunLoggers
from tidemill.work.orders import LogLine

Sink = Callable[[LogLine], None]
USER_LOGGER = "tidemill.user"
LONGEST_NAME = 200
"""Bytes of a step's name in that of a file: file systems take 255 with all endings."""

_UNSAFE = re.compile(r"[^\w.\[\]=,-]")


class StepLog:
    """The log of one attempt.

    Args:
        step: Name of the step.
        attempt: Which attempt, from 1.
        clock: Stamps the lines.
        folder: For the file of the lines, made with the first of them; None where nothing is kept.
        sink: Called with each line as it comes, or None.
        first: Called before a line is kept: somebody else may have to keep one before.
    """

    def __init__(
        self,
        step: str,
        attempt: int,
        clock: Clock,
        folder: Path | None = None,
        sink: Sink | None = None,
        *,
        first: Callable[[], object] | None = None,
    ) -> None:
        self.step = step
        self.attempt = attempt
        self._clock = clock
        self._folder = folder
        self._sink = sink
        self._first = first
        self._file: BinaryIO | None = None
        self._opening = threading.Lock()
        self.bytes = 0
        self.loggers: RunLoggers | None = None
        self.redrawn: Callable[[str], None] | None = None
        """Told the states of a line that a progress bar redraws, before the line ends."""

    def write(self, stream: str, level: str, text: str) -> str:
        """Keep one line; give it back as it may be shown."""
        if self._first is not None:
            self._first()
        line = LogLine(self._clock.now(), self.step, self.attempt, stream, level, mask(text))
        if self._folder is not None:
            self._keep(line, self._folder)
        if self._sink is not None:
            self._sink(line)
        if self.loggers is not None and stream == "log":
            self.loggers.tell(self.step, level, line.text)
        return line.text

    def _keep(self, line: LogLine, folder: Path) -> None:
        data = {"at": line.at, "stream": line.stream, "level": line.level, "text": line.text}
        row = json.dumps(data, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
        try:
            (self._file or self._open(folder)).write(row)
            self.bytes += len(row)
        except OSError as error:
            # A full disk must not fail an hour of training through a print; whoever watches is told, once.
            self._folder = None
            self.write("log", "warning", f"from here on the log of this step could not be kept: {error}")

    def _open(self, folder: Path) -> BinaryIO:
        with self._opening:
            if self._file is None:
                folder.mkdir(parents=True, exist_ok=True)
                self._file = log_file(folder, self.step, self.attempt).open("ab", buffering=0)
            return self._file

    def close(self) -> None:
        """Close the file, and let go of the attempt."""
        self.redrawn = None
        if self._file is not None:
            self._file.close()
            self._file = None


def log_file(folder: Path, step: str, attempt: int) -> Path:
    """The log of an attempt, in the folder of its run."""
    return folder / f"{log_name(step)}.{attempt}.jsonl"


def log_name(step: str) -> str:
    """A step's name as the names of its log files have it; of a very long one its beginning, and a checksum."""
    name = _UNSAFE.sub("_", step)
    if len(name.encode()) <= LONGEST_NAME:
        return name
    beginning = name.encode()[: LONGEST_NAME - 9].decode(errors="ignore")
    return f"{beginning}-{zlib.crc32(step.encode('utf-8', 'backslashreplace')):08x}"


class StepLogger:
    """`context.log`: the methods of a standard logger, writing to the log of the step.

    Lines also reach the standard logger `tidemill.run`, and standard error where no logging is configured and nobody
    shows the run.
    """

    def __init__(self, log: StepLog, *, echo: bool) -> None:
        self._log = log
        self._echo = echo
        self._logger = logging.getLogger("tidemill.run")

    def log(
        self,
        level: int | str,
        message: object,
        *arguments: object,
        exc_info: Any = None,
        stack_info: bool = False,
        stacklevel: int = 1,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        """Write a message; `arguments` fill its `%` places. All as in the standard library."""
        number = (
            level
            if isinstance(level, int)
            else logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
        )
        name = logging.getLevelName(number).lower()
        text = str(message)
        if arguments:
            # A mapping as the only argument fills named places, as the standard library has it.
            named = arguments[0] if len(arguments) == 1 and isinstance(arguments[0], dict) else arguments
            try:
                text = text % named
            except (TypeError, ValueError, KeyError):
                text = f"{text} {arguments!r}"  # a slip in a message must not cost the step its work
        if exc_info:
            error = exc_info if isinstance(exc_info, BaseException) else sys.exc_info()[1]
            if error is not None:
                info = error_info(error)
                text = f"{text}\n{''.join(info.stack)}{info.message}".rstrip()
        shown = self._log.write("log", name, text)
        if self._logger.isEnabledFor(number) and self._logger.hasHandlers():
            self._logger.log(
                number,
                "%s - %s",
                self._log.step,
                shown,
                stack_info=stack_info,
                stacklevel=stacklevel + 2,
                extra=extra,
            )
        elif self._echo and number >= logging.INFO and self._log.loggers is None:
            _outer_stream(sys.stderr).write(f"{name:<8}{self._log.step}: {shown}\n")

    def debug(self, message: object, *arguments: object, **options: Any) -> None:
        """Write at level DEBUG."""
        self.log(logging.DEBUG, message, *arguments, **options)

    def info(self, message: object, *arguments: object, **options: Any) -> None:
        """Write at level INFO."""
        self.log(logging.INFO, message, *arguments, **options)

    def warning(self, message: object, *arguments: object, **options: Any) -> None:
        """Write at level WARNING."""
        self.log(logging.WARNING, message, *arguments, **options)

    warn = warning

    def error(self, message: object, *arguments: object, **options: Any) -> None:
        """Write at level ERROR."""
        self.log(logging.ERROR, message, *arguments, **options)

    def exception(self, message: object, *arguments: object, exc_info: Any = True, **options: Any) -> None:
        """Write at level ERROR, with the exception that is being handled."""
        self.log(logging.ERROR, message, *arguments, exc_info=exc_info, **options)

    def critical(self, message: object, *arguments: object, **options: Any) -> None:
        """Write at level CRITICAL."""
        self.log(logging.CRITICAL, message, *arguments, **options)

    fatal = critical


DagsterLogManager = StepLogger


class Capture:
    """Stands in for a standard stream: lines to the log of the step that runs, and on to the stream when told so."""

    def __init__(self, stream: TextIO, name: str, capturing: Capturing, *, passthrough: bool) -> None:
        self.outer = stream
        self._name = name
        self._capturing = capturing
        self._passthrough = passthrough
        self._pending: dict[int, str] = {}  # by thread: each writes whole lines

    def write(self, text: str) -> int:
        """Take in text; whole lines go on."""
        if self._capturing.log is None:
            return self.outer.write(text)
        thread = threading.get_ident()
        pending = self._pending.get(thread, "") + text
        if "\n" in text:
            *lines, pending = pending.split("\n")
            for line in lines:
                self._line(line, "\n")
        if "\r" in pending:
            pending = self._redrawn(pending)
        self._pending[thread] = pending
        return len(text)

    def _redrawn(self, pending: str) -> str:
        """A line that goes on to be redrawn: its newest state; hours of them would be megabytes."""
        newest = pending.rstrip("\r").rpartition("\r")[2]
        log = self._capturing.log
        if newest and log is not None and log.redrawn is not None:
            log.redrawn(newest)
        return newest + "\r" * pending.endswith("\r")

    def writelines(self, lines: Any) -> None:
        """Take in several texts."""
        for line in lines:
            self.write(line)

    def finish(self) -> None:
        """Let go of a last line that did not end."""
        while self._pending:
            _, pending = self._pending.popitem()
            if pending:
                self._line(pending, "")

    def _line(self, line: str, end: str) -> None:
        log = self._capturing.log
        if log is None:
            return
        last = line.rstrip("\r").rsplit("\r", 1)[-1]
        shown = log.write(self._name, "info", last)
        if self._passthrough:
            self.outer.write(shown + end)

    def flush(self) -> None:
        """Flush the stream behind; an unfinished line is kept back."""
        self.outer.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.outer, name)


def _outer_stream(stream: Any) -> TextIO:
    while isinstance(stream, Capture):
        stream = stream.outer
    return stream  # type: ignore[no-any-return]


class _RecordHandler(logging.Handler):
    """Brings what user code logs through `get_dagster_logger` into the log of the step."""

    def __init__(self, capturing: Capturing) -> None:
        super().__init__()
        self._capturing = capturing

    def emit(self, record: logging.LogRecord) -> None:
        log = self._capturing.log
        if log is not None:
            trace = f"\n{record.exc_text}" if record.exc_text else ""
            log.write("log", record.levelname.lower(), record.getMessage() + trace)


class Capturing:
    """While it is entered, what this process prints belongs to `log`; between steps, when that is None, to nobody.

    The streams are replaced once for a run, not for each step. A context manager.

    Args:
        passthrough: Whether lines also go on to the streams.
    """

    def __init__(self, *, passthrough: bool) -> None:
        self.log: StepLog | None = None
        self._passthrough = passthrough
        self._before: tuple[TextIO, TextIO] | None = None
        self._captures: tuple[Capture, Capture] | tuple[()] = ()
        self._handler = _RecordHandler(self)

    def __enter__(self) -> Capturing:
        self._before = sys.stdout, sys.stderr
        self._captures = (
            Capture(sys.stdout, "stdout", self, passthrough=self._passthrough),
            Capture(sys.stderr, "stderr", self, passthrough=self._passthrough),
        )
        self.install()
        logging.getLogger(USER_LOGGER).addHandler(self._handler)
        return self

    def install(self) -> None:
        """Stand in for the streams, also where a step has put others there."""
        if self._captures:
            sys.stdout, sys.stderr = self._captures

    def __exit__(self, *exception: object) -> None:
        self.end_step()
        logging.getLogger(USER_LOGGER).removeHandler(self._handler)
        if self._before is not None:
            sys.stdout, sys.stderr = self._before
            self._before = None

    def end_step(self) -> None:
        """Let go of last lines that did not end; what comes now is nobody's."""
        for capture in self._captures:
            capture.finish()
        self.log = None


def read_log(path: Path) -> list[LogLine]:
    """The lines of a log file `<step>.<attempt>.jsonl`; an unfinished last line is left out.

    Raises:
        OSError: The file cannot be read.
    """
    step, _, attempt = path.name.removesuffix(".jsonl").rpartition(".")
    lines = []
    for row in path.read_text(encoding="utf-8").splitlines():
        try:
            data = json.loads(row)
        except json.JSONDecodeError:
            continue
        lines.append(LogLine(data["at"], step, int(attempt), data["stream"], data["level"], data["text"]))
    return lines


def _without_secrets(record: logging.LogRecord) -> bool:
    """Mask a record before any handler sees it, those of the user's own logging too."""
    record.msg, record.args = mask(record.getMessage()), None
    if record.exc_info:
        record.exc_text = mask(logging.Formatter().formatException(record.exc_info))
    return True


def get_dagster_logger(name: str | None = None) -> logging.Logger:
    """A standard logger whose lines belong to the step that runs; its level is DEBUG, so that none is lost.

    Args:
        name: Of a part of the program, for whoever reads the lines.
    """
    logger = logging.getLogger(USER_LOGGER if name is None else f"{USER_LOGGER}.{name}")
    logger.addFilter(_without_secrets)
    logger.setLevel(logging.DEBUG)
    return logger
