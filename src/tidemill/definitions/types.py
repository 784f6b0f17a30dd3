"""Types that values are checked against: annotations, and `DagsterType`s with a check of the user's own.

    annotation, DagsterType ──checked(…, value)──▶ TypeCheck

Classes, unions, and lists, dicts, sets and tuples with what is in them are checked, of a long one the first thousand;
type variables, protocols and anything else that `isinstance` cannot answer passes. An int passes for a float (PEP 484,
the numeric tower), and NumPy's numbers for Python's: a score must not be lost for being a `float32`.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from numbers import Integral, Real
from typing import Annotated, Any as Any, Literal, TypeVar, Union, get_args, get_origin

from tidemill.core.errors import InvalidDefinitionError, InvariantViolationError
from tidemill.core.metadata import MetadataValue, coerced_metadata
from tidemill.core.tables import shown
from tidemill.definitions.values import Value, fill

C = TypeVar("C", bound=type)

SAMPLE = 1_000  # of a container: a check must not cost more than what made the value

# The names by which programs know them as types of inputs and outputs.
Int, Float, String, Bool = int, float, str, bool
List, Dict, Set, Tuple, Optional = typing.List, typing.Dict, typing.Set, typing.Tuple, typing.Optional  # noqa: UP006

NAMES: dict[Any, str] = {str: "String", int: "Int", float: "Float", bool: "Bool", type(None): "Nothing"}

# Classes whose check is that of a type made for them.
REGISTERED: dict[type, DagsterType] = {}


class TypeCheck(Value):
    """What a check of a value came to.

    Args:
        success: Whether the value is of the type.
        description: Why, or why not.
        metadata: Facts about the value.
    """

    success: bool
    description: str | None
    metadata: Mapping[str, MetadataValue]

    def __init__(
        self, success: bool, description: str | None = None, metadata: Mapping[str, Any] | None = None
    ) -> None:
        fill(self, bool(success), description, coerced_metadata(metadata))


class TypeCheckContext:
    """What a check is given beside the value: `run_id` (empty outside of a run) and a logger."""

    def __init__(self, run_id: str = "", log: Any = None) -> None:
        import logging  # noqa: PLC0415  (not before a value is checked by a function of the user's)

        self.run_id = run_id
        self.log = log or logging.getLogger("tidemill.user")


class DagsterType:
    """A type with a check of its own, for `dagster_type=` of assets, inputs and outputs.

    Args:
        type_check_fn: Called with a `TypeCheckContext` and a value; gives a bool or a `TypeCheck`.
        key: Unique name; `name` where it is not given.
        name: The name that messages show.
        is_builtin: Whether it came with Tidemill.
        description: For the reader.
        loader, required_resource_keys: Not in this version.
        kind: Only what it is anyway, for programs that say it.
        typing_type: The Python type that type checkers and I/O managers are told.
        metadata: Facts that hold for every value, such as a table schema.

    Raises:
        InvalidDefinitionError: It has neither a key nor a name, or needs what this version does not have.

    Example:
        >>> Even = DagsterType(lambda _, value: value % 2 == 0, name="Even")
        >>> check_dagster_type(Even, 3).success
        False
    """

    __tidemill_type__ = True

    def __init__(
        self,
        type_check_fn: Callable[[TypeCheckContext, Any], bool | TypeCheck],
        key: str | None = None,
        name: str | None = None,
        is_builtin: bool = False,
        description: str | None = None,
        loader: object = None,
        required_resource_keys: Iterable[str] | None = None,
        kind: object = "REGULAR",
        typing_type: Any = Any,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        shown = key or name
        if not isinstance(shown, str):
            raise InvalidDefinitionError(
                "A DagsterType needs a name", found=f"key={key!r}, name={name!r}", expected='name="Even"'
            )
        if not callable(type_check_fn):
            raise _refused(shown, "type_check_fn", type_check_fn, "a function of a context and a value")
        if loader is not None:
            raise _refused(shown, "loader", loader, "None: take config through a parameter config: MyConfig")
        if required_resource_keys:
            raise _refused(
                shown,
                "required_resource_keys",
                required_resource_keys,
                "None: check with a resource in an asset check",
            )
        self.key = shown
        self.unique_name = name
        self.is_builtin = is_builtin
        self.description = description
        self.kind = kind
        self.typing_type = typing_type
        self.metadata = coerced_metadata(metadata, strict=True)
        self._check = type_check_fn

    @property
    def display_name(self) -> str:
        """The name that messages show."""
        return self.unique_name or self.key

    @property
    def has_unique_name(self) -> bool:
        """Whether it has a name beside its key."""
        return self.unique_name is not None

    @property
    def type_check_fn(self) -> Callable[[TypeCheckContext, Any], bool | TypeCheck]:
        """The check, as it was given."""
        return self._check

    def type_check(self, context: TypeCheckContext | None, value: object) -> TypeCheck:
        """Check a value.

        Raises:
            InvariantViolationError: The check gave neither a bool nor a `TypeCheck`.
        """
        verdict = self._check(context or TypeCheckContext(), value)
        if isinstance(verdict, TypeCheck):
            return verdict
        if isinstance(verdict, bool) or type(verdict).__name__ in ("bool_", "bool"):  # NumPy's
            return TypeCheck(bool(verdict))
        raise InvariantViolationError(
            f"The check of type {self.display_name!r} gave {verdict!r}",
            subject=self.display_name,
            found=f"{verdict!r}, of type {type(verdict).__name__}",
            expected="a bool or a TypeCheck",
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.display_name!r})"


class PythonObjectDagsterType(DagsterType):
    """A type whose values are instances of a class, or of one of several.

    Args:
        python_type: The class, or a tuple of classes.
        key: Unique name; the class's where it is not given.
        name: The name that messages show; likewise.
        **kwargs: Further arguments of `DagsterType`.
    """

    def __init__(
        self,
        python_type: type | tuple[type, ...],
        key: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        classes = python_type if isinstance(python_type, tuple) else (python_type,)
        if not classes or not all(isinstance(cls, type) for cls in classes):
            raise _refused(
                "PythonObjectDagsterType", "python_type", python_type, "a class or a tuple of classes"
            )
        self.python_type = python_type
        name = name or (None if key else " | ".join(cls.__name__ for cls in classes))
        kwargs.setdefault("typing_type", Union[classes])  # noqa: UP007  (of as many classes as there are)
        super().__init__(kwargs.pop("type_check_fn", self._is_instance), key, name, **kwargs)

    def _is_instance(self, _: TypeCheckContext, value: object) -> TypeCheck:
        return TypeCheck(
            isinstance(value, self.python_type), None if isinstance(value, self.python_type) else _is(value)
        )


def usable_as_dagster_type(
    name: str | C | None = None, description: str | None = None, loader: object = None
) -> Any:
    """Decorate a class so that messages call it by another name. Every class can be annotated without that.

    Args:
        name: Its name; that of the class where it is not given.
        description: For the reader.
        loader: Not in this version.
    """

    def register(cls: C) -> C:
        shown = name if isinstance(name, str) else cls.__name__
        made = PythonObjectDagsterType(cls, name=shown, description=description, loader=loader)
        make_python_type_usable_as_dagster_type(cls, made)
        return cls

    return register(name) if isinstance(name, type) else register


def make_python_type_usable_as_dagster_type(python_type: type, dagster_type: DagsterType) -> None:
    """Have values that are annotated with a class be checked by a type.

    Args:
        python_type: The class.
        dagster_type: The type with the check.

    Raises:
        InvalidDefinitionError: One is no class or the other no `DagsterType`, or the class has another one already.
    """
    if not isinstance(python_type, type):
        raise _refused("make_python_type_usable_as_dagster_type", "python_type", python_type, "a class")
    if not isinstance(dagster_type, DagsterType):
        raise _refused(python_type.__name__, "dagster_type", dagster_type, "a DagsterType")
    if REGISTERED.setdefault(python_type, dagster_type) is not dagster_type:
        raise _refused(
            python_type.__name__, "dagster_type", dagster_type, f"{REGISTERED[python_type]!r}, as before"
        )


def check_dagster_type(dagster_type: Any, value: Any) -> TypeCheck:
    """Check a value outside of any run.

    Args:
        dagster_type: A `DagsterType`, a class, or a type expression such as `list[int]`.
        value: What to check.
    """
    return checked(dagster_type, value)


def checked(annotation: Any, value: object, context: TypeCheckContext | None = None) -> TypeCheck:
    """What the check of a value against a type comes to."""
    made = of_users(annotation)
    if made is not None:
        return made.type_check(context, value)
    return TypeCheck(True) if matches(value, annotation) else TypeCheck(False, _misfit(value, annotation))


def of_users(annotation: Any) -> DagsterType | None:
    """The type of the user's own that an annotation is or names, or None."""
    if isinstance(annotation, DagsterType):
        return annotation
    return REGISTERED.get(annotation) if REGISTERED and isinstance(annotation, type) else None


def matches(value: object, annotation: Any) -> bool:
    """Whether `value` may stand where `annotation` was written."""
    if annotation is None or annotation is Any or annotation is object:
        return True
    made = of_users(annotation)
    if made is not None:
        return made.type_check(None, value).success
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return _is_instance(value, annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return matches(value, arguments[0])
    if origin in (Union, types.UnionType):
        # A check of the user's own is not asked about None where None is all right.
        return (value is None and type(None) in arguments) or any(matches(value, arm) for arm in arguments)
    if origin is Literal:
        return value in arguments
    if not isinstance(origin, type):
        return True
    return _is_instance(value, origin) and (origin not in _INSIDE or _INSIDE[origin](value, arguments))


def _all_match(values: Iterable[object], annotation: Any) -> bool:
    if annotation is Any or isinstance(annotation, TypeVar):
        return True
    return all(matches(value, annotation) for value in islice(values, SAMPLE))


def _items_match(value: Any, arguments: tuple[Any, ...]) -> bool:
    return not arguments or (_all_match(value, arguments[0]) and _all_match(value.values(), arguments[1]))


def _places_match(value: Any, arguments: tuple[Any, ...]) -> bool:
    if len(arguments) == 2 and arguments[1] is ...:
        return _all_match(value, arguments[0])
    return not arguments or (len(value) == len(arguments) and all(map(matches, value, arguments)))


_INSIDE: dict[type, Callable[[Any, tuple[Any, ...]], bool]] = {
    list: lambda value, of: not of or _all_match(value, of[0]),
    set: lambda value, of: not of or _all_match(value, of[0]),
    frozenset: lambda value, of: not of or _all_match(value, of[0]),
    dict: _items_match,
    tuple: _places_match,
}


def _is_instance(value: object, annotation: type) -> bool:
    if annotation is float:
        return isinstance(value, Real) and not isinstance(value, bool)
    try:
        if isinstance(value, annotation):
            return True
    except TypeError:  # a protocol, a TypedDict: the class itself says that it cannot tell
        return True
    if annotation is int:
        return isinstance(value, Integral)
    # NumPy's bool is no subclass of anything, and its name has changed.
    return annotation is bool and type(value).__name__ in ("bool_", "bool")


def type_name(annotation: Any) -> str:
    """The name of a type that messages show: `Int`, `[Int]`, `Int?`, `Dict[String,Int]`, or that of the class."""
    made = of_users(annotation)
    if made is not None:
        return made.display_name
    arguments, origin = get_args(annotation), get_origin(annotation)
    if origin is list and arguments:
        return f"[{type_name(arguments[0])}]"
    if origin in (Union, types.UnionType):
        arms = [type_name(arm) for arm in arguments if arm is not type(None)]
        return " | ".join(arms) + "?" * (len(arms) < len(arguments))
    if origin in (dict, set, tuple) and arguments:
        return f"{origin.__name__.capitalize()}[{','.join(map(type_name, arguments))}]"
    if annotation in NAMES:
        return NAMES[annotation]
    return annotation.__name__ if isinstance(annotation, type) and origin is None else str(annotation)


def _is(value: object) -> str:
    return f"a value of type {type(value).__module__}.{type(value).__qualname__}".replace(" builtins.", " ")


def _misfit(value: Any, annotation: Any) -> str:
    """What a value is, and the first thing inside a container that is not as it should be."""
    origin, of = get_origin(annotation), get_args(annotation)
    if not of or type(value) is not origin or origin not in _INSIDE:
        return _is(value)
    inside = [*zip(value, [of[0]] * len(value), strict=True)] if origin in (list, set, frozenset) else []
    if origin is dict:
        inside = [pair for key, item in value.items() for pair in ((key, of[0]), (item, of[1]))]
    elif origin is tuple and of[-1] is not ...:
        inside = [*zip(value, of, strict=False)]
    wrong = next((item for item, kind in islice(inside, 2 * SAMPLE) if not matches(item, kind)), None)
    return f"{_is(value)} with {_is(wrong)}: {shown(wrong, 100, repr)}" if inside else _is(value)


def _refused(owner: str, argument: str, found: object, expected: str) -> InvalidDefinitionError:
    return InvalidDefinitionError(
        f"{owner}: {argument} cannot be {found!r}", subject=owner, found=repr(found), expected=expected
    )
