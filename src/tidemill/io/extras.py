"""Libraries that come with an extra of Tidemill: loaded where they are used, with a word on how to get them."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def library(name: str, extra: str) -> Any:
    """A module of a library that an extra brings.

    Args:
        name: Of the module.
        extra: What to install.

    Raises:
        ModuleNotFoundError: The library is not installed; the message says how to.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.partition(".")[0] != name.partition(".")[0]:
            raise
        raise ModuleNotFoundError(
            f"this needs the library {name.partition('.')[0]!r}, which is not installed:"
            f" pip install 'tidemill[{extra}]'",
            name=error.name,
        ) from None
