"""What a version was made from, as keys: the code of a function, and everything together.

`code_version` covers the function's own compiled code (names, constants, nested functions; not comments, formatting,
docstrings or line numbers). `version_key` is a pure function of that, config, partition and the inputs' data versions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import CodeType
from typing import Any

from blake3 import blake3

from tidemill.core.records import VersionRef

DIGEST_BYTES = 16


def code_version(fn: Callable[..., Any]) -> str:
    """Digest of a function's own code; of its class's name for a callable object without code."""
    code = getattr(fn, "__code__", None)
    if code is None:
        code = getattr(getattr(fn, "func", None) or type(fn).__call__, "__code__", None)
    if code is None:
        return _digest(f"{type(fn).__module__}.{type(fn).__qualname__}".encode())
    return _code_digest(code)


@lru_cache(maxsize=65_536)
def _code_digest(code: CodeType) -> str:
    return _digest(repr(_normal(code)).encode())


def _normal(code: CodeType) -> tuple[object, ...]:
    """A code object as plain values that depend on what it does, and on nothing else."""
    doc = code.co_consts[0] if code.co_consts and isinstance(code.co_consts[0], str) else None
    constants = tuple(
        _normal(constant)
        if isinstance(constant, CodeType)
        else sorted(map(repr, constant))
        if isinstance(constant, frozenset)
        else constant
        for index, constant in enumerate(code.co_consts)
        if not (index == 0 and constant is doc and doc is not None)
    )
    return (code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)


def version_key(
    code: str, config: Mapping[str, object], partition: str | None, inputs: Sequence[VersionRef]
) -> str:
    """Digest of everything that a version is made from.

    Args:
        code: The code version.
        config: Config of the step, as plain JSON values.
        partition: Key of the slice, or None.
        inputs: Versions that were read, in order.

    Returns:
        32 hexadecimal digits.
    """
    ingredients = (code, partition, [(ref.asset.text, ref.partition, ref.data_version) for ref in inputs])
    config_text = json.dumps(config, sort_keys=True, default=repr) if config else ""
    return _digest(f"{ingredients!r}{config_text}".encode())


def _digest(content: bytes) -> str:
    return blake3(content).hexdigest(DIGEST_BYTES)
