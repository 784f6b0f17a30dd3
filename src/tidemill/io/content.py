"""The content digest: what a value is, for those who ask whether an input changed.

    value ──▶ Canon.name ──▶ encoder of its type ──▶ 64 hex digits, or None where a part has none

It is the same in every process and after every round trip through the store, which the bytes of a pickle
are not: a `TfidfVectorizer` pickles an `id()`. Digests are compared across releases, so an encoding is
never changed: a new one gets a new `EDITION`.
"""

from __future__ import annotations

from functools import cache

from blake3 import blake3

from tidemill.io.arrays import resolve_numpy, resolve_scipy
from tidemill.io.canonical import LEAVES, Canon, Encoder, PartDigests, resolve_class
from tidemill.io.estimators import resolve_estimator
from tidemill.io.tables import resolve_arrow, resolve_pandas, resolve_polars

EDITION = b"tidemill content 1\0"

LIBRARIES = {
    "numpy": resolve_numpy,
    "scipy": resolve_scipy,
    "pandas": resolve_pandas,
    "polars": resolve_polars,
    "pyarrow": resolve_arrow,
}


def content_digest(value: object, parts: PartDigests | None = None) -> str | None:
    """Digest of what a value is, in 64 hex digits; None where it, or something in it, has no canonical bytes.

    `parts` are digests of buffers that were hashed already, by (memory address, bytes).
    """
    leaf = LEAVES.get(type(value))
    try:
        name = leaf(value) if leaf else Canon(resolve, {} if parts is None else parts).name(value)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  (NotCanonicalError, or what a library raised: no reason to lose a value)
        return None
    return blake3(EDITION + name).hexdigest()


@cache
def resolve(kind: type) -> Encoder | None:
    """The encoder of a type, or None where it has none."""
    library = LIBRARIES.get((getattr(kind, "__module__", None) or "").partition(".")[0])
    found = library(kind) if library else None
    return found or resolve_class(kind) or resolve_estimator(kind)
