"""What an import depended on, by content: what the process that imported it tells, and the server watches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from blake3 import blake3

from tidemill.core.records import CodeRef

CHANGING = "changing"


class Watched(NamedTuple):
    """What an import depended on.

    Attributes:
        files: Path → digest of its content; "" where it was asked for and is not there, `CHANGING` where it was saved
            while it was imported, so that nobody knows what of it was.
        folders: Those whose listing it depended on.
    """

    files: Mapping[str, str]
    folders: Sequence[str]


def digest_of(path: str) -> str:
    """Of a file's content; "" where there is none."""
    try:
        return blake3(Path(path).read_bytes()).hexdigest(16)
    except OSError:
        return ""


def before_any_import(code: CodeRef) -> Watched:
    """What can be watched before it is known what an import depends on."""
    return Watched({code.target: digest_of(code.target)} if code.kind != "module" else {}, ())
