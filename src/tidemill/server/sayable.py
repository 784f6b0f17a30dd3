"""Models as JSON, whatever is in their texts: half of a surrogate pair, which no UTF-8 can say, is a question mark."""

from __future__ import annotations

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError


def json_of(model: BaseModel) -> bytes:
    """A model as JSON."""
    try:
        return model.model_dump_json(by_alias=True).encode()
    except (PydanticSerializationError, UnicodeEncodeError):
        said = _sayable(model.model_dump(by_alias=True))
        return type(model).model_validate(said).model_dump_json(by_alias=True).encode()


def _sayable(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_sayable(key): _sayable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_sayable(item) for item in value]
    return value
