"""Tables as metadata: records, schemas, which columns came from which; and what a cell shows of any object.

Values only: made by users or by `core.coercions`, carried by `core.metadata`, shown by the page. A cell is a
string, an int, a float, a bool or None, whatever it was made from, so a record can always be written as JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any, ClassVar, TypeAlias, dataclass_transform

from tidemill.core.errors import InvalidMetadataError
from tidemill.core.keys import AssetKey

Cell: TypeAlias = "str | int | float | bool | None"
Json: TypeAlias = Any

TEXT_LIMIT = 2_000


class _Signature:
    """What `inspect.signature` shows of a class; made when asked, because `inspect` is slow to load."""

    def __get__(self, _: object, cls: type[Frozen]) -> object:
        from inspect import Parameter, Signature, signature  # noqa: PLC0415  (as above)

        if "__init__" in vars(cls):
            return Signature(list(signature(cls.__init__).parameters.values())[1:])
        kind = Parameter.POSITIONAL_OR_KEYWORD
        defaults = {name: vars(cls).get(name, Parameter.empty) for name in cls.fields}
        return Signature([Parameter(name, kind, default=default) for name, default in defaults.items()])


@dataclass_transform(frozen_default=True)
class Frozen:
    """A value made of the fields that its class annotates: built, compared, printed by them, never changed.

    What a frozen dataclass does, without the half millisecond that each of those takes to define.
    `convert` makes what is stored of what is given, by name of the field.
    """

    __signature__: ClassVar[Any] = _Signature()
    fields: ClassVar[tuple[str, ...]] = ()
    convert: ClassVar[Mapping[str, Callable[[Any], Any]]] = {}

    def __init_subclass__(cls) -> None:
        hints = vars(cls).get("__annotations__", {})
        cls.fields = tuple(name for name, hint in hints.items() if not hint.startswith("ClassVar"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        cls = type(self)
        given = {**dict(zip(cls.fields, args, strict=False)), **kwargs}
        values = {name: vars(cls)[name] for name in cls.fields if name in vars(cls)} | given
        if len(given) != len(args) + len(kwargs) or values.keys() != set(cls.fields):
            raise TypeError(f"{cls.__name__} takes {', '.join(cls.fields) or 'nothing'}")
        for name in cls.fields:
            self.__dict__[name] = cls.convert[name](values[name]) if name in cls.convert else values[name]

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: cannot set {name!r}")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        # Lists and dicts do not count: equal values still have equal hashes, and every value has one.
        return hash((type(self), *(v for v in self.__dict__.values() if not isinstance(v, (dict, list)))))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({fields})"


def _by_place(deps: Iterable[TableColumnDep]) -> list[TableColumnDep]:
    return sorted(deps, key=lambda dep: (dep.asset_key, dep.column_name))


def _words(values: Any) -> list[str]:
    if isinstance(values, (list, tuple)) and all(isinstance(value, str) for value in values):
        return list(values)
    if values is None:
        return []
    raise InvalidMetadataError(
        "Constraints of a table are a list of words",
        subject="other",
        found=shown(values, 200),
        expected='a list of strings: other=["price > 0"]',
    )


def _yes_or_no(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise InvalidMetadataError(
        "A constraint of a column holds or does not hold",
        subject=shown(value, 200),
        found=str(type(value)),
        expected="True or False",
    )


class TableRecord(Frozen):
    """One row: `data` holds cells by column.

    A NumPy or pandas scalar becomes a Python scalar, a time its ISO text, anything else its text.
    """

    data: Mapping[str, Any]
    convert = {"data": lambda data: {label(name): cell(value) for name, value in data.items()}}  # noqa: RUF012


class TableColumnConstraints(Frozen):
    """What holds for the cells of a column: may they be empty, are they unique, and more in words."""

    nullable: bool = True
    unique: bool = False
    other: Sequence[str] | None = None
    convert = {"nullable": _yes_or_no, "unique": _yes_or_no, "other": _words}  # noqa: RUF012


class TableConstraints(Frozen):
    """What holds for a table as a whole, in words."""

    other: Sequence[str]
    convert = {"other": _words}  # noqa: RUF012


class TableColumn(Frozen):
    """One column of a schema; `type` is in the words of whoever made the table."""

    name: str
    type: str = "string"
    description: str | None = None
    constraints: TableColumnConstraints | None = None
    tags: Mapping[str, str] | None = None
    convert = {  # noqa: RUF012
        "constraints": lambda given: given or TableColumnConstraints(),
        "tags": lambda tags: dict(tags or {}),
    }


class TableSchema(Frozen):
    """The columns of a table, in order, and what holds for it as a whole."""

    columns: Sequence[TableColumn]
    constraints: TableConstraints | None = None

    def __init__(self, columns: Sequence[TableColumn], constraints: TableConstraints | None = None) -> None:
        for column in columns:
            if not isinstance(column, TableColumn):
                raise InvalidMetadataError(
                    "A table schema is made of columns",
                    subject=shown(column, 200),
                    found=str(type(column)),
                    expected="TableColumn",
                    next_step="TableSchema.from_name_type_dict makes a schema from names and types",
                )
        super().__init__(list(columns), constraints or TableConstraints([]))

    @classmethod
    def from_name_type_dict(cls, name_type_dict: Mapping[str, str]) -> TableSchema:
        """A schema from column names and the names of their types."""
        return cls([TableColumn(name, type_name) for name, type_name in name_type_dict.items()])

    @classmethod
    def of_records(cls, records: Iterable[TableRecord]) -> TableSchema:
        """The schema that the cells show: all columns, typed by their first cells that are not empty."""
        types: dict[str, str] = {}
        for record in records:
            for name, value in record.data.items():
                if not types.get(name):
                    types[name] = "" if value is None else _TYPE_NAMES[type(value)]
        return cls.from_name_type_dict({name: found or "string" for name, found in types.items()})

    def to_json(self) -> dict[str, Json]:
        """As plain JSON values."""
        return _json(self)  # type: ignore[no-any-return]  # a dict, because this is made of fields

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> TableSchema:
        """Inverse of `to_json`."""
        columns = []
        for column in data.get("columns", ()):
            held = column.get("constraints")
            columns.append(TableColumn(**{**column, "constraints": held and TableColumnConstraints(**held)}))
        return cls(columns, TableConstraints(data.get("constraints", {}).get("other", ())))


class TableColumnDep(Frozen):
    """A column of another asset."""

    asset_key: AssetKey
    column_name: str
    convert = {"asset_key": AssetKey.from_coercible}  # noqa: RUF012


class TableColumnLineage(Frozen):
    """Which columns of other assets each column was made from."""

    deps_by_column: Mapping[str, Sequence[TableColumnDep]]
    convert = {"deps_by_column": lambda deps: {name: _by_place(of) for name, of in deps.items()}}  # noqa: RUF012

    def to_json(self) -> dict[str, Json]:
        """As plain JSON values."""
        return _json(self.deps_by_column)  # type: ignore[no-any-return]  # a dict in, a dict out

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> TableColumnLineage:
        """Inverse of `to_json`."""

        def column(dep: Mapping[str, Json]) -> TableColumnDep:
            return TableColumnDep(AssetKey.from_text(dep["asset_key"]), dep["column_name"])

        return cls({name: list(map(column, deps)) for name, deps in data.items()})


def _json(value: Any) -> Json:
    """Nested fields as JSON, without those that hold nothing."""
    if isinstance(value, Frozen):
        defaults = vars(type(value))
        data = {name: _json(item) for name, item in vars(value).items() if item != defaults.get(name)}
        return {name: item for name, item in data.items() if item not in (None, {}, [])}
    if isinstance(value, dict):
        return {name: _json(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(item) for item in value]
    return value.text if isinstance(value, AssetKey) else value


_TYPE_NAMES: dict[type, str] = {str: "string", int: "int", float: "float", bool: "bool"}

EXACT: tuple[tuple[type, str, Callable[[Any], Any]], ...] = (
    # Builtin type, kind of metadata value, and the builtin value of a subclass, whatever that overrides.
    (bool, "bool", bool),
    (int, "int", int.__int__),
    (float, "float", float.__float__),
    (str, "text", str.__str__),
    (complex, "text", complex.__str__),
)


def cell(value: Any) -> Cell:
    """What a table shows of `value`; never raises."""
    if value is None or type(value) in _TYPE_NAMES:
        return value  # type: ignore[no-any-return]  # one of the four, exactly
    try:
        for base, _, exact in EXACT:
            if isinstance(value, base):
                return exact(value)  # type: ignore[no-any-return]  # as above
        if is_missing(value):
            return None
        if is_scalar(value):
            return cell(python_scalar(value))
        return str(value.isoformat()) if hasattr(type(value), "isoformat") else shown(value)
    except Exception:  # noqa: BLE001  (an object of the user's: its text is all that is left)
        return shown(value)


def label(key: object) -> str:
    """The key of a dict or the name of a column as text; the parts of a tuple are joined by slashes."""
    return " / ".join(map(label, key)) if isinstance(key, tuple) else utf8(shown(cell(key), 10**6))


def is_scalar(value: object) -> bool:
    """Whether `value` is one element of an array library: a scalar, or an array without dimensions."""
    return (
        all(hasattr(type(value), name) for name in ("dtype", "item")) and getattr(value, "shape", None) == ()
    )


def python_scalar(value: Any) -> object:
    """The Python value in a scalar of an array library, or its text where Python has no such type."""
    kind = getattr(value.dtype, "kind", "")
    if kind in ("m", "M"):  # `item` gives an integer for nanoseconds
        text = str(value)
        return None if text == "NaT" else text
    if kind == "f":
        return float(value)  # `item` of a long double is a long double
    inner: object = value.item()
    return shown(inner) if type(inner) is type(value) else inner


def is_missing(value: object) -> bool:
    """Whether `value` is the NA or NaT of pandas."""
    cls = type(value)
    return cls.__name__ in ("NAType", "NaTType") and cls.__module__.startswith("pandas.")


def shown(value: object, limit: int = TEXT_LIMIT, how: Callable[[object], str] = str) -> str:
    """Text of any object, cut at `limit` characters; never raises."""
    try:
        text = how(value)
    except Exception as error:  # noqa: BLE001  (a broken __str__ must not end a run)
        text = f"<{type(value).__qualname__} object whose text raised {type(error).__name__}>"
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"


def utf8(text: str) -> str:
    """`text` with lone surrogates written out: they have no UTF-8 form, so no database takes them."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def unused(name: str, taken: Container[str]) -> str:
    """`name`, with underscores added until it is none of those `taken`."""
    while name in taken:
        name += "_"
    return name
