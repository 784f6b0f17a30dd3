"""Standard streams that pass on what user code prints outside of steps, without secrets."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, TextIO, cast

from tidemill.core.secrets import has_secrets, mask


class Masking:
    """A stream that passes whole lines on, with every secret in them masked; `finish` passes the rest.

    For what user code prints outside of steps: while it is imported, while resources are set up and torn down.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._pending = ""

    def write(self, text: str) -> int:
        """Take in text."""
        lines, newline, rest = (self._pending + text).rpartition("\n")
        if newline:
            self._stream.write(mask(lines) + newline)
        self._pending = rest
        return len(text)

    def flush(self) -> None:
        """Flush the lines; one that has not ended waits where it could be the first part of a secret."""
        if not has_secrets():
            self.finish()
        self._stream.flush()

    def finish(self) -> None:
        """Pass on a last line that did not end."""
        pending, self._pending = self._pending, ""
        self._stream.write(mask(pending))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def masked(stdout: TextIO, stderr: TextIO) -> Iterator[None]:
    """While it is entered, what is printed goes to these streams, masked."""
    out, err = Masking(stdout), Masking(stderr)
    with contextlib.redirect_stdout(cast("TextIO", out)), contextlib.redirect_stderr(cast("TextIO", err)):
        try:
            yield
        finally:
            out.finish()
            err.finish()
