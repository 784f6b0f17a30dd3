"""What kind of config a `config_schema=` asks for: a class, a dict of types, or one type. It loads no pydantic."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from tidemill.definitions.values import WHOLE


def is_whole(schema: Any) -> bool:
    """Whether a `config_schema` is one type, for config that is no dict."""
    return not isinstance(schema, Mapping) and not (
        isinstance(schema, type) and issubclass(schema, _models())
    )


def is_model(value: object) -> bool:
    """Whether it is an instance of a config class."""
    return isinstance(value, _models())


def whole(value: Any) -> dict[str, Any]:
    """Config that is one value, as a dict."""
    return {WHOLE: value}


def _models() -> tuple[type, ...]:
    """`BaseModel`; none where pydantic was not loaded, as nobody can have made a class or an instance of it."""
    main = sys.modules.get("pydantic.main")
    return () if main is None else (main.BaseModel,)
