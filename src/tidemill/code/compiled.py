"""Functions whose source cannot be read, by their compiled code.

It leaves out line numbers and docstrings as the normal form does, but it changes with the Python version: what is
compared in this way says so.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from types import CodeType
from typing import Any

from tidemill.code.digests import digest_of

# Flags of code objects; `inspect` has them too, and takes 10 ms to load.
OPTIMIZED, HAS_DOCSTRING = 0x1, 0x4000000


def compiled_digest(code: CodeType) -> str:
    """Digest of what compiled code does."""
    return digest_of(repr(_normal(code)))


def compiled_names(code: CodeType) -> Iterator[str]:
    """Names that compiled code may look up in its module; attributes are among them."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from compiled_names(constant)


def _normal(code: CodeType) -> tuple[object, ...]:
    constants = (None, *code.co_consts[1:]) if _has_docstring(code) else code.co_consts
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    return (code.co_code, code.co_exceptiontable, tuple(map(_constant, constants)), *names)


def _constant(constant: object) -> object:
    if isinstance(constant, CodeType):
        return _normal(constant)
    return sorted(map(repr, constant)) if isinstance(constant, frozenset) else constant


def _has_docstring(code: CodeType) -> bool:
    """Whether the first constant is a docstring: in a comprehension or a class body a text there is none."""
    if not code.co_flags & OPTIMIZED or code.co_name.startswith("<"):
        return False
    if sys.version_info >= (3, 14) and not code.co_flags & HAS_DOCSTRING:
        return False
    return bool(code.co_consts) and isinstance(code.co_consts[0], str)


def code_version(fn: Callable[..., Any]) -> str:
    """Digest of a function's own compiled code, quickly, for versions that nothing outlives.

    Of the name of what has none, such as a builtin.
    """
    code = getattr(fn, "__code__", None)
    if code is None:
        code = getattr(getattr(fn, "func", None) or type(fn).__call__, "__code__", None)
    if code is None:
        named: Any = fn if hasattr(fn, "__qualname__") else type(fn)
        return digest_of(f"{named.__module__}.{named.__qualname__}")
    return _kept_digest(code)


_kept_digest = lru_cache(maxsize=65_536)(compiled_digest)
