"""What can be wrong with run config, in words: problems, and the error of all of them.

It loads no pydantic: a run whose code has no config class has no use for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from tidemill.core.errors import InvalidConfigError
from tidemill.core.suggest import did_you_mean
from tidemill.core.tables import shown

Problem: TypeAlias = tuple[str, str]  # where, and what


def config_error(problem: str, subject: str, problems: Iterable[Problem]) -> InvalidConfigError:
    """The error of all these problems."""
    listed = tuple(dict.fromkeys(problems))
    return InvalidConfigError(
        problem,
        problems=listed,
        subject=subject,
        found="1 problem" if len(listed) == 1 else f"{len(listed)} problems",
    )


def missing_entry(name: str, parent: str, example: Mapping[str, Any]) -> str:
    """The message of an entry that is needed and not there, with an example of it."""
    where = "at the root" if parent == "root" else f"at path {parent}"
    return (
        f'Missing required config entry "{name}" {where}. Example config for the missing entry: {example!r}'
    )


def unexpected_entry(name: str, parent: str, known: Iterable[str], hint: str | None = None) -> str:
    """The message of an entry that has no meaning, with those that have one."""
    known = list(known)
    where = "at the root" if parent == "root" else f"at path {parent}"
    hint = hint or did_you_mean(name, known)
    expected = f" Known here: {', '.join(map(repr, known))}." if known else " Nothing is expected here."
    advice = f" {hint[0].upper()}{hint[1:]}" if hint else ""
    return f'Received unexpected config entry "{name}" {where}.{expected}{advice}'


def wrong_scalar(where: str, value: object, expected: str) -> str:
    """What is wrong with a scalar of another type."""
    return (
        f'Invalid scalar at path {where}. Value "{shown(value, 200)}" of type "{type(value)}"'
        f' is not valid for expected type "{expected}".'
    )
