"""Small conveniences of the compatible interface that concern files."""

from __future__ import annotations

import os


def file_relative_path(dunderfile: str, relative_path: str) -> str:
    """A path beside a source file.

    Args:
        dunderfile: `__file__` of the caller.
        relative_path: Relative to the folder of that file.
    """
    joined = os.path.join(os.path.dirname(dunderfile), relative_path)  # noqa: PTH118,PTH120  (a string in, a string out)
    return os.path.normpath(joined)
