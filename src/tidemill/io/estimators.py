"""Canonical bytes of estimators: class and state, without what only tells where in memory something was.

scikit-learn's own classes, and the user's that inherit from its `BaseEstimator`, are told by what their
`__reduce_ex__` gives; so are the random generators of NumPy, whose state is as plain. XGBoost's boosters
are told by their model in UBJSON.
"""

from __future__ import annotations

import sys
from typing import Any

from tidemill.io.canonical import Canon, Encoder, NotCanonicalError, by_state, pack, reference, shorten

REDUCED = frozenset({"sklearn", "numpy", "scipy"})

IDENTITIES = frozenset({"_stop_words_id", "_sklearn_version"})
"""State that says which process, or which release, held the estimator, not what it learned."""


def resolve_estimator(kind: type) -> Encoder | None:
    """Encoder for an estimator, a part of one, or a random generator."""
    root = (kind.__module__ or "").partition(".")[0]
    if root == "xgboost" and kind.__name__ == "Booster":
        return lambda canon, value: by_state(canon, value, [value.save_raw("ubj")])
    if hasattr(kind, "__get__"):  # a compiled function
        return lambda _, value: reference(value)
    base = sys.modules.get("sklearn.base")
    if root in REDUCED or (base is not None and issubclass(kind, base.BaseEstimator)):
        return reduced
    return None


def reduced(canon: Canon, value: Any) -> bytes:
    """What would be needed to build the object again, with the fields that name identities left out."""
    parts = value.__reduce_ex__(4)
    if not isinstance(parts, tuple):
        raise NotCanonicalError(f"{type(value)!r}, which is reduced to a name")
    make, arguments, state, items, pairs = (*parts, *(None,) * 5)[:5]
    if isinstance(state, dict):
        state = {name: held for name, held in state.items() if name not in IDENTITIES}
    held = (arguments, state, None if items is None else list(items), None if pairs is None else list(pairs))
    return pack(b"reduced:", [shorten(reference(make)), *canon.names(held)])
