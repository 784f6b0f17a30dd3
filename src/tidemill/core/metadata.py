"""Metadata values: what users attach to versions, checks and definitions, each of a kind that a page shows.

    a user's object ──coerced_metadata──▶ MetadataValue ──to_json──▶ strict JSON ──from_json──▶ an equal one

A class is a kind, its annotations are its fields, and `to_json` writes them by name. Types of other libraries
(scalars, frames, figures, …) are the business of `core.coercions`, loaded when the first of them comes by. An
unknown type is an error where assets are defined; at run time its text is kept, with a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, NamedTuple, cast

from tidemill.core.errors import InvalidMetadataError
from tidemill.core.keys import AssetKey
from tidemill.core.references import LocalFileCodeReference, UrlCodeReference, reference_of
from tidemill.core.tables import (
    Frozen,
    Json,
    TableColumnLineage,
    TableRecord,
    TableSchema,
    label,
    shown,
    unused,
    utf8,
)

INTEGER_BITS = 10_000  # Python refuses to write integers of more than 4,300 digits in decimal


class Factories(type):
    """`MetadataValue.text(...)` and its like: on the metaclass, so that no value has them as attributes."""

    text: type[TextMetadataValue]
    url: type[UrlMetadataValue]
    path: type[PathMetadataValue]
    notebook: type[NotebookMetadataValue]
    json: type[JsonMetadataValue]
    float: type[FloatMetadataValue]
    int: type[IntMetadataValue]
    bool: type[BoolMetadataValue]
    null: type[NullMetadataValue]
    timestamp: type[TimestampMetadataValue]
    asset: type[DagsterAssetMetadataValue]
    job: type[DagsterJobMetadataValue]
    dagster_run: type[DagsterRunMetadataValue]
    pool: type[PoolMetadataValue]
    table: type[TableMetadataValue]
    table_schema: type[TableSchemaMetadataValue]

    @staticmethod
    def md(data: str) -> MarkdownMetadataValue:
        """Markdown; its images may be `data:` addresses."""
        return MarkdownMetadataValue(data)

    @staticmethod
    def column_lineage(lineage: TableColumnLineage) -> TableColumnLineageMetadataValue:
        """Which columns of other assets each column was made from."""
        return TableColumnLineageMetadataValue(lineage)

    @staticmethod
    def python_artifact(python_artifact: object) -> PythonArtifactMetadataValue:
        """A class or function, by module and name.

        Raises:
            InvalidMetadataError: It has no module or no name.
        """
        module, name = (getattr(python_artifact, part, None) for part in ("__module__", "__name__"))
        if not isinstance(module, str) or not isinstance(name, str):
            raise _wrong(python_artifact, "a class or a function")
        return PythonArtifactMetadataValue(module, name)


class MetadataValue(Frozen, metaclass=Factories):
    """A value of one known kind. `MetadataValue.md(...)` and its like make one; plain values are coerced.

    Example:
        >>> MetadataValue.md("# Scores").value
        '# Scores'
    """

    kind: ClassVar[str] = ""

    @property
    def value(self) -> Any:
        """That of the only field; None without fields; the object itself where it has several."""
        values = list(self.__dict__.values())
        return self if len(values) > 1 else values[0] if values else None

    @property
    def numeric(self) -> float | None:
        """The number to draw as a series over time, of floats, integers and bools."""
        try:
            return float(self.value) if self.kind in ("float", "int", "bool") else None
        except (OverflowError, TypeError):  # an integer beyond all floats; None
            return None

    def to_json(self) -> dict[str, Json]:
        """As a dict of strict JSON: its kind as `type`, and the fields that are not None."""
        values = {name: value for name, value in self.__dict__.items() if value is not None}
        return {"type": self.kind} | {
            name: _TO_JSON.get(name, _same)(value) for name, value in values.items()
        }

    @staticmethod
    def from_json(data: Mapping[str, Json]) -> MetadataValue:
        """Inverse of `to_json`; a kind that a newer Tidemill wrote is read as JSON."""
        reader = _READERS.get(data["type"])
        if reader is None:
            return JsonMetadataValue(dict(data))
        cls, fields = reader
        value: MetadataValue = object.__new__(cls)
        values = value.__dict__
        for name, read in fields:
            values[name] = read(data[name]) if name in data else None
        return value

    def metadata_form(self) -> tuple[str, tuple[Any, ...]]:
        """Kind and fields, for the coercion that meets a metadata value within other data."""
        return self.kind, tuple(self.__dict__.values())

    def __eq__(self, other: object) -> bool:
        # By their JSON, in which one NaN equals another.
        return isinstance(other, MetadataValue) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash(tuple(v for v in self.to_json().values() if not isinstance(v, (dict, list))))


def _text(value: object) -> str:
    return utf8(
        str.__str__(value) if isinstance(value, str) else "" if value is None else shown(value, 10**9)
    )


def _path(value: Any) -> str:
    return _text(value.__fspath__() if hasattr(type(value), "__fspath__") else value)


def _float(value: Any) -> float | None:
    if value is not None and not hasattr(type(value), "__float__") and not hasattr(type(value), "__index__"):
        raise _wrong(value, "a number")
    return None if value is None else float(value)


def _int(value: Any) -> int | None:
    if value is not None and not hasattr(type(value), "__index__"):
        raise _wrong(value, "an integer")
    return None if value is None else int(value)


def _moment(value: Any) -> float | None:
    if hasattr(value, "utcoffset") and value.utcoffset() is None:
        raise _wrong(
            value, "a datetime with a time zone, or seconds since 1970", "give it one: tzinfo=timezone.utc"
        )
    return value.timestamp() if hasattr(value, "utcoffset") else _float(value)


class TextMetadataValue(MetadataValue):
    """Plain text."""

    kind, convert = "text", {"text": _text}
    text: str | None


class UrlMetadataValue(MetadataValue):
    """An address that the page links to."""

    kind, convert = "url", {"url": _text}
    url: str | None


class PathMetadataValue(MetadataValue):
    """A path of the file system, given as a string or a `Path`."""

    kind, convert = "path", {"path": _path}
    path: Any


class NotebookMetadataValue(MetadataValue):
    """The path of a notebook."""

    kind, convert = "notebook", {"path": _path}
    path: Any


class JsonMetadataValue(MetadataValue):
    """Nested dicts, lists and scalars; of anything else in them the text is kept."""

    kind = "json"
    data: Any


class MarkdownMetadataValue(MetadataValue):
    """Markdown; its images may be `data:` addresses."""

    kind, convert = "md", {"md_str": _text}
    md_str: str | None


class PythonArtifactMetadataValue(MetadataValue):
    """A class or function, by module and name."""

    kind = "python_artifact"
    module: str
    name: str


class FloatMetadataValue(MetadataValue):
    """A float, drawn as a series over the versions."""

    kind, convert = "float", {"value": _float}
    value: float | None


class IntMetadataValue(MetadataValue):
    """An integer of any size, drawn as a series over the versions."""

    kind, convert = "int", {"value": _int}
    value: int | None


class BoolMetadataValue(MetadataValue):
    """True or False."""

    kind, convert = "bool", {"value": lambda value: None if value is None else bool(value)}
    value: bool | None


class NullMetadataValue(MetadataValue):
    """Nothing, said aloud."""

    kind = "null"


class TimestampMetadataValue(MetadataValue):
    """A moment: seconds since 1970 in UTC, given so or as a datetime with a time zone."""

    kind, convert = "timestamp", {"value": _moment}
    value: Any


class DagsterAssetMetadataValue(MetadataValue):
    """A reference to an asset."""

    kind, convert = "asset", {"asset_key": AssetKey.from_coercible}
    asset_key: Any


class DagsterJobMetadataValue(MetadataValue):
    """A reference to a job."""

    kind = "job"
    job_name: str
    location_name: str | None = None
    repository_name: str | None = None


class DagsterRunMetadataValue(MetadataValue):
    """A reference to a run."""

    kind = "run"
    run_id: str


class PoolMetadataValue(MetadataValue):
    """A reference to a concurrency pool."""

    kind = "pool"
    pool: str


class TableMetadataValue(MetadataValue):
    """Records and their schema; where none is given, the schema is what the cells show."""

    kind = "table"
    records: list[TableRecord]
    schema: TableSchema

    def __init__(
        self, records: Iterable[TableRecord | Mapping[str, object]], schema: TableSchema | None = None
    ) -> None:
        rows = [record if isinstance(record, TableRecord) else TableRecord(record) for record in records]
        super().__init__(rows, schema or TableSchema.of_records(rows))


class TableSchemaMetadataValue(MetadataValue):
    """The columns of a table without its rows."""

    kind = "table_schema"
    schema: TableSchema


class TableColumnLineageMetadataValue(MetadataValue):
    """Which columns of other assets each column was made from."""

    kind = "column_lineage"
    column_lineage: TableColumnLineage

    @property
    def lineage(self) -> TableColumnLineage:
        """Which columns."""
        return self.column_lineage


class CodeReferencesMetadataValue(MetadataValue):
    """Where code stands that has to do with it."""

    kind, convert = "code_references", {"code_references": list}
    code_references: list[LocalFileCodeReference | UrlCodeReference]


KINDS: dict[str, Any] = {cls.kind: cls for cls in MetadataValue.__subclasses__()}
for _name in Factories.__annotations__:
    setattr(Factories, _name, KINDS[_name.removeprefix("dagster_")])

_PLAIN: dict[type, type[MetadataValue]] = {
    str: TextMetadataValue,
    float: FloatMetadataValue,
    int: IntMetadataValue,
    bool: BoolMetadataValue,
}


class Loss(NamedTuple):
    """What could not be kept as it was; `unknown` is its type where that is of no known kind."""

    label: str
    text: str
    unknown: str | None = None


class LossyMetadata(dict[str, MetadataValue]):
    """Metadata that could not be kept as it was given; `warnings` say what was lost, for the log of the step."""

    __slots__ = ("warnings",)

    warnings: list[str]


def coerced_metadata(raw: Mapping[str, object] | None, *, strict: bool = False) -> dict[str, MetadataValue]:
    """Metadata values of what a user gave: `LossyMetadata` where they are not kept as they were.

    Args:
        raw: By label, metadata values or anything that is coerced to one.
        strict: Whether a label that is no string, or a value of no known type, is an error, as it is where
            assets are defined. Otherwise nothing is: an hour of training must not be lost to a label.

    Raises:
        InvalidMetadataError: See `strict`.
    """
    if raw is None:
        return {}
    values, losses = _collect(raw)
    for loss in losses if strict else ():
        if loss.unknown is not None:
            raise InvalidMetadataError(
                f'The metadata value for "{loss.label}" is of no known type. Its type was {loss.unknown}.',
                subject=loss.label,
                found=f"{loss.text} ({loss.unknown})",
                expected="text as the label, and as the value a MetadataValue, str, float, int, bool, None, "
                "dict, list, path, datetime with a time zone, AssetKey, table schema, array, frame or figure",
                next_step="wrap the value, for instance in MetadataValue.text(...), or leave it out",
            )
    if not losses:
        return values
    lossy = LossyMetadata(values)
    lossy.warnings = [f'metadata "{loss.label}": {loss.text}' for loss in losses]
    return lossy


def _collect(raw: object) -> tuple[dict[str, MetadataValue], list[Loss]]:
    values: dict[str, MetadataValue] = {}
    losses: list[Loss] = []
    try:
        pairs = list(raw.items()) if isinstance(raw, Mapping) else [("value", raw)]
    except Exception as error:  # noqa: BLE001  (a mapping of the user's own)
        pairs = [("value", error)]
    if not isinstance(raw, Mapping):
        losses.append(Loss("value", "metadata is a dict of values by label", str(type(raw))))
    for given, value in pairs:
        name = unused(given if type(given) is str and given.isascii() else label(given), values)
        if not isinstance(given, str):
            losses.append(Loss(name, "a label is text, so its text is used", str(type(given))))
        values[name], more = _coerce(name, value)
        losses += more
    return values, losses


def _coerce(name: str, value: object) -> tuple[MetadataValue, list[Loss]]:
    plain = _PLAIN.get(type(value))
    if plain is not None:
        return plain(value), []
    if issubclass(type(value), MetadataValue) and type(value) is not JsonMetadataValue:
        # Its type was asked: some objects fail when they are asked themselves.
        return cast("MetadataValue", value), []
    from tidemill.core.coercions import Walk  # noqa: PLC0415  (not before a value of a rarer type comes by)

    walk = Walk()
    kind, fields = walk.form(value)
    coerced: MetadataValue = KINDS[kind](*fields)
    losses = [Loss(name, f"no kind fits {unknown}, so its text is kept", unknown) for unknown in walk.unknown]
    return coerced, losses + [Loss(name, note) for note in walk.notes]


def _wrong(value: object, expected: str, next_step: str | None = None) -> InvalidMetadataError:
    problem = f"Not a metadata value of this kind: {shown(value, 200)}"
    return InvalidMetadataError(problem, found=str(type(value)), expected=expected, next_step=next_step)


def _same(value: Any) -> Any:
    return value


def _data_json(data: object) -> Json:
    from tidemill.core.coercions import Walk  # noqa: PLC0415  (as above)

    return _pack(Walk().json(data))


def _pack(data: Json) -> Json:
    """Plain values as strict JSON: NaN and infinities as `{"$float": "nan"}`, enormous integers as hex."""
    if isinstance(data, float):
        return data if data - data == 0 else {"$float": str(data)}
    if isinstance(data, dict):
        packed = {utf8(key): _pack(value) for key, value in data.items()}
        return {"$float": [packed["$float"]]} if packed.keys() == {"$float"} else packed
    if isinstance(data, list):
        return [_pack(item) for item in data]
    if isinstance(data, str):
        return utf8(data)
    return hex(data) if isinstance(data, int) and data.bit_length() > INTEGER_BITS else data


def _unpack(data: Json) -> Json:
    """Inverse of `_pack`, but for very large integers, which stay text."""
    if isinstance(data, list):
        return [_unpack(item) for item in data]
    if not isinstance(data, dict):
        return data
    if data.keys() == {"$float"}:
        marked = data["$float"]
        return float(marked) if isinstance(marked, str) else {"$float": _unpack(marked[0])}
    return {key: _unpack(value) for key, value in data.items()}


def _number_json(value: float) -> Json:
    if isinstance(value, int):
        bits = value.bit_length()
        return value if bits <= 64 else str(value) if bits <= INTEGER_BITS else hex(value)
    return value if value - value == 0 else str(value)  # NaN and the infinities have no JSON form


def _number_from_json(value: Json) -> Any:
    if not isinstance(value, str):
        return value
    return float(value) if value in ("nan", "inf", "-inf") else int(value, 0)


_TO_JSON: dict[str, Any] = {
    "value": _number_json,
    "data": _data_json,
    "asset_key": lambda key: key.text,
    "records": lambda records: [_pack(record.data) for record in records],
    "schema": TableSchema.to_json,
    "column_lineage": TableColumnLineage.to_json,
    "code_references": lambda references: [vars(reference) for reference in references],
}
_FROM_JSON: dict[str, Any] = {
    "value": _number_from_json,
    "data": _unpack,
    "asset_key": AssetKey.from_text,
    "records": lambda records: [TableRecord(_unpack(record)) for record in records],
    "schema": TableSchema.from_json,
    "column_lineage": TableColumnLineage.from_json,
    "code_references": lambda references: list(map(reference_of, references)),
}
_READERS: dict[str, Any] = {
    kind: (cls, tuple((name, _FROM_JSON.get(name, _same)) for name in cls.fields))
    for kind, cls in KINDS.items()
}
