"""What is wrong with given config, all at once: pydantic's errors in the words of run config.

    class, given ──validate──▶ instance, [(path, message)]       `root:ops:model:config:depth`

Values are taken as strictly as YAML and JSON say them: a number is no string and "3" is no number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from types import UnionType
from typing import Any, Literal, TypeGuard, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from tidemill.core.errors import InvalidConfigError
from tidemill.core.tables import shown
from tidemill.definitions.config.deferral import READ, SCALAR_NAMES
from tidemill.definitions.config.env import env_name
from tidemill.definitions.config.problems import (
    Problem,
    config_error,
    missing_entry,
    unexpected_entry,
    wrong_scalar,
)
from tidemill.definitions.config.unions import packed

M = TypeVar("M", bound=BaseModel)

_SCALAR_ERRORS = {**SCALAR_NAMES, "string": "String"}
_NOT_COERCED = {"string_type", "int_type", "float_type", "bool_type"}


def validate(
    cls: type[BaseModel], given: Mapping[str, Any], path: str, *, read: bool = False
) -> tuple[Any, list[Problem]]:
    """Make an instance of given config, or find all that is wrong with it; variables are read where `read`."""
    given = _with_parts(cls, given)
    try:
        instance = _construct(cls, given, read, strict=None)
    except ValidationError as error:
        problems = _problems(cls, given, path, error.errors(include_url=False))
    except Exception as error:  # noqa: BLE001  (a validator of the user's)
        raised = f"raised {type(error).__name__}: {shown(error, 500)}"
        return None, [(path, f"A validator of {cls.__name__} at path {path} {raised}")]
    else:
        problems = []
    found = {where for where, _ in problems}
    if not read:
        problems += [problem for problem in _coerced(cls, given, path) if problem[0] not in found]
    return None if problems else instance, problems


def build(cls: type[M], given: Mapping[str, Any], path: str) -> M:
    """An instance of given config, with all environment variables read."""
    instance, problems = validate(cls, given, path, read=True)
    if problems:
        raise config_error(f"Error in config at {path}", path, problems)
    return instance  # type: ignore[no-any-return]  # of `cls`, where there are no problems


def _construct(
    cls: type[BaseModel], given: Mapping[str, Any], read: bool, *, strict: bool | None
) -> BaseModel:
    # As `BaseModel.__init__` does it, past an `__init__` of the user's, whose parameters are not the fields.
    instance = cls.__new__(cls)
    cls.__pydantic_validator__.validate_python(
        dict(given), strict=strict, context=READ if read else None, self_instance=instance
    )
    return instance


def _coerced(cls: type[BaseModel], given: Mapping[str, Any], path: str) -> list[Problem]:
    """Scalars that pydantic would turn into another type."""
    try:
        _construct(cls, given, False, strict=True)
    except ValidationError as error:
        by_place = _by_place(given, error.errors(include_url=False))
    except Exception:  # noqa: BLE001  (a validator that relies on coercion; the first pass was content)
        return []
    else:
        return []
    # At `int | Path` or `int | list[Path]` the other arm took the value: strictness refuses that one as well.
    wrong = [
        error
        for place, errors in by_place.items()
        if place
        and all(error["type"] in _NOT_COERCED for error in errors)
        and not any(other[: len(place)] == place for other in by_place if other != place)
        for error in errors
    ]
    return _problems(cls, given, path, wrong)


def _by_place(given: Any, errors: Iterable[Any]) -> dict[tuple[Any, ...], list[Any]]:
    places: dict[tuple[Any, ...], list[Any]] = {}
    for error in errors:
        places.setdefault(_place(given, error), []).append(error)
    return places


def _problems(cls: type[BaseModel], given: Any, path: str, errors: Iterable[Any]) -> list[Problem]:
    problems = []
    for place, found in _by_place(given, errors).items():
        where = _path(path, place)
        scalars = [_scalar_name(error["type"]) for error in found]
        if len(found) > 1 and all(scalars):
            names = dict.fromkeys(name for name in scalars if name)
            problems.append((where, wrong_scalar(where, found[0]["input"], f"({' | '.join(names)})")))
        else:
            problems += [(where, _message(cls, path, place, error)) for error in found]
    return problems


def _message(cls: type[BaseModel], root: str, place: tuple[Any, ...], error: Any) -> str:
    kind, where, parent = error["type"], _path(root, place), _path(root, place[:-1])
    if kind == "missing":
        return missing_entry(str(place[-1]), parent, {place[-1]: _example(_annotation_at(cls, place))})
    if kind == "extra_forbidden":
        known = _fields_at(cls, place[:-1])
        return unexpected_entry(str(place[-1]), parent, known) + _shown_example(known)
    cause = (error.get("ctx") or {}).get("error")
    if isinstance(cause, InvalidConfigError):
        advice = f" Next: {cause.next_step}." if cause.next_step else ""
        return f"{cause.problem} (at path {where}).{advice}"
    name = _scalar_name(kind)
    if name is not None:
        return wrong_scalar(where, error["input"], name)
    text = shown(cause, 500) if cause is not None else error["msg"]
    if kind == "enum":
        members = _enum_at(cls, place)
        text = f"Input should be {members}" if members else text
    value = "" if env_name(error["input"]) else f' Value "{shown(error["input"], 100)}" was given.'
    return f"Invalid value at path {where}.{value} {text}"


def _scalar_name(kind: str) -> str | None:
    """The scalar that an error of pydantic's asks for."""
    first, _, rest = kind.partition("_")
    return _SCALAR_ERRORS.get(first) if rest in ("type", "parsing", "from_float", "parsing_size") else None


# Places


def _path(root: str, place: tuple[Any, ...]) -> str:
    return root + "".join(f"[{part}]" if isinstance(part, int) else f":{part}" for part in place)


def _place(given: Any, error: Any) -> tuple[Any, ...]:
    """Where an error is, without the names that pydantic puts in for the arms of unions."""
    place, value = [], given
    *parts, last = error["loc"] or ("",)
    for part in parts:
        if _has(value, part):
            place.append(part)
            value = value[part]
    if last != "" and (error["type"] == "missing" or _has(value, last)):
        place.append(last)
    return tuple(place)


def _has(value: Any, part: Any) -> bool:
    if isinstance(value, Mapping):
        return part in value
    return isinstance(value, (list, tuple)) and isinstance(part, int) and part < len(value)


# Classes


def _fields_at(cls: type[BaseModel], place: tuple[Any, ...]) -> dict[str, Any]:
    """The fields of the class at a place, each with a value that it could have."""
    inner = _annotation_at(cls, place)
    models = [arm for arm in _arms(inner) if _is_model(arm)]
    return {
        field.alias or name: _example_of(field)
        for model in models[:1]
        for name, field in model.model_fields.items()
    }


def _shown_example(fields: Mapping[str, Any]) -> str:
    return f" Example: {dict(fields)!r}" if fields else ""


def _enum_at(cls: type[BaseModel], place: tuple[Any, ...]) -> str:
    for arm in _arms(_annotation_at(cls, place)):
        if isinstance(arm, type) and issubclass(arm, Enum):
            return "one of " + ", ".join(f"{member.name} ({member.value!r})" for member in arm)
    return ""


def example(cls: type[BaseModel], given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that `cls` needs and `given` has not, each with a value that it could have."""
    return {
        field.alias or name: _example_of(field)
        for name, field in cls.model_fields.items()
        if field.is_required()
        and name not in given
        and field.alias not in given
        and not _may_be_empty(field.annotation)
    }


def _may_be_empty(annotation: Any) -> bool:
    """Whether it is a class of config that needs nothing to be given: a field of it need not be given either."""
    return bool(getattr(annotation, "__tidemill_config__", False)) and not example(annotation, {})


def _with_parts(cls: type[BaseModel], given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Given config with those parts that need not be given, at any depth."""
    parts = {}
    for name, field in cls.model_fields.items():
        key = field.alias if field.alias is not None and field.alias in given else name
        if key not in given and field.is_required() and _may_be_empty(field.annotation):
            parts[field.alias or name] = _with_parts(field.annotation, {})  # type: ignore[arg-type]  # a class of config
        elif isinstance(given.get(key), dict) and getattr(field.annotation, "__tidemill_config__", False):
            parts[key] = _with_parts(field.annotation, given[key])  # type: ignore[arg-type]  # a class of config
    return {**given, **parts} if parts else given


def _example_of(field: FieldInfo) -> Any:
    """A value that a field could have; a member of a union by its name."""
    found = _example(field.annotation)
    arms = _arms(field.annotation)
    if isinstance(field.discriminator, str) and arms and _is_model(arms[0]):
        tag = _example(arms[0].model_fields[field.discriminator].annotation)
        return packed(field, {field.discriminator: tag, **found})
    return found


def _annotation_at(annotation: Any, place: tuple[Any, ...]) -> Any:
    """The type at a place, as far as it can be told."""
    for part in place:
        inner: Any = None
        for arm in _arms(annotation):
            if _is_model(arm):
                fields = {field.alias or name: field for name, field in arm.model_fields.items()}
                field = fields.get(part) or arm.model_fields.get(part)
                inner = field.annotation if field is not None else inner
            elif get_args(arm):
                inner = get_args(arm)[-1]
        annotation = inner
    return annotation


def _arms(annotation: Any) -> list[Any]:
    """The members of a union, without None; or the type alone."""
    if get_origin(annotation) in (Union, UnionType):
        return [arm for inner in get_args(annotation) for arm in _arms(inner) if arm is not type(None)]
    if hasattr(annotation, "__metadata__"):
        return _arms(get_args(annotation)[0])
    return [annotation]


def _is_model(annotation: Any) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _example(annotation: Any) -> Any:
    first = _arms(annotation)[0] if _arms(annotation) else None
    origin = get_origin(first) or first
    if _is_model(first):
        return example(first, {})
    if origin is Literal:
        return get_args(first)[0]
    if isinstance(origin, type):
        if issubclass(origin, Enum):
            return next(iter(origin)).name
        for kind, value in ((bool, True), (int, 0), (float, 0.0), (Mapping, {}), ((list, tuple, set), [])):
            if issubclass(origin, kind):
                return value
    return "..."
