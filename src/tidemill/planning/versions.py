"""What a version was made from, as keys: the code of a function, and everything together.

`code_version` covers the function's own compiled code (names, constants, nested functions; not comments,
formatting, docstrings or line numbers). `version_key` is a pure function of that, config, partition and the
inputs' data versions.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import CodeType
from typing import Any

from blake3 import blake3

from tidemill.core.records import VersionRef

DIGEST_BYTES = 16
# Flags of code objects; `inspect` has them too, and takes 10 ms to load.
OPTIMIZED, HAS_DOCSTRING = 0x1, 0x4000000


def code_version(fn: Callable[..., Any]) -> str:
    """Digest of a function's own code; of the name of what has none, such as a builtin."""
    code = getattr(fn, "__code__", None)
    if code is None:
        code = getattr(getattr(fn, "func", None) or type(fn).__call__, "__code__", None)
    if code is None:
        named: Any = fn if hasattr(fn, "__qualname__") else type(fn)
        return _digest(f"{named.__module__}.{named.__qualname__}".encode())
    return _code_digest(code)


@lru_cache(maxsize=65_536)
def _code_digest(code: CodeType) -> str:
    return _digest(repr(_normal(code)).encode())


def _normal(code: CodeType) -> tuple[object, ...]:
    """A code object as plain values that depend on what it does, and on nothing else."""
    constants = tuple(
        _normal(constant)
        if isinstance(constant, CodeType)
        else sorted(map(repr, constant))
        if isinstance(constant, frozenset)
        else constant
        for constant in ((None, *code.co_consts[1:]) if _has_docstring(code) else code.co_consts)
    )
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    return (code.co_code, code.co_exceptiontable, constants, *names)


def _has_docstring(code: CodeType) -> bool:
    """Whether the first constant is a docstring: in a comprehension or a class body a text there is none."""
    if not code.co_flags & OPTIMIZED or code.co_name.startswith("<"):
        return False
    if sys.version_info >= (3, 14) and not code.co_flags & HAS_DOCSTRING:
        return False
    return bool(code.co_consts) and isinstance(code.co_consts[0], str)


def version_key(
    code: str, config: Mapping[str, object], partition: str | None, inputs: Sequence[VersionRef]
) -> str:
    """Digest, in 32 hexadecimal digits, of everything that a version is made from; `config` is plain JSON."""
    ingredients = (code, partition, [(ref.asset.text, ref.partition, ref.data_version) for ref in inputs])
    config_text = json.dumps(config, sort_keys=True, default=repr) if config else ""
    return _digest(f"{ingredients!r}{config_text}".encode())


def _digest(content: bytes) -> str:
    return blake3(content).hexdigest(DIGEST_BYTES)
