"""Exceptions as records: masked, with the user's frames only."""

from __future__ import annotations

import traceback
from pathlib import Path
from types import TracebackType

from tidemill.core.errors import TidemillError
from tidemill.core.frames import OWN_CODE
from tidemill.core.records import NO_METADATA, ErrorInfo
from tidemill.core.secrets import mask
from tidemill.definitions.results import Failure
from tidemill.work.masking import masked_metadata

_LIBRARY = Path(traceback.__file__).parent
# What lies between a run and the user's function: Tidemill, what enters contexts, the loop of an async one.
_BENEATH = (OWN_CODE, *(f"{_LIBRARY}/{part}" for part in ("contextlib.py", "asyncio/", "concurrent/")))
DEEPEST_CAUSE = 8


def user_traceback(error: BaseException) -> TracebackType | None:
    """The part of a traceback that begins in code which runs for the user, not beneath it.

    Where there is no such part, none of it if Tidemill raised the error on purpose, and all of it otherwise.
    """
    current = error.__traceback__
    while current is not None and current.tb_frame.f_code.co_filename.startswith(_BENEATH):
        current = current.tb_next
    return current or (None if isinstance(error, TidemillError) else error.__traceback__)


def error_info(error: BaseException, depth: int = 0, *, explained: bool = False) -> ErrorInfo:
    """An exception as a record that can cross a process and be stored.

    Frames of Tidemill are left out, unless there are no others and the error is not one that Tidemill raises
    on purpose, nor the cause of one (`explained`): then it is a bug of ours, and every frame counts.
    """
    all_frames = traceback.extract_tb(user_traceback(error))
    frames = [frame for frame in all_frames if not frame.filename.startswith(OWN_CODE)]
    ours_on_purpose = isinstance(error, TidemillError)
    if not frames and not (explained or ours_on_purpose):
        frames = list(all_frames)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if depth == DEEPEST_CAUSE:
        cause = None
    message = "".join(traceback.format_exception_only(error))
    failure = error if isinstance(error, Failure) else None
    return ErrorInfo(
        message=mask(message),
        stack=tuple(mask(line) for line in traceback.StackSummary.from_list(frames).format()),
        cls_name=type(error).__name__,
        cause=None if cause is None else error_info(cause, depth + 1, explained=ours_on_purpose),
        description=mask(failure.description or "") if failure is not None else None,
        metadata=masked_metadata(failure.metadata) if failure is not None else NO_METADATA,
    )
