"""Objects of any library → the kind of a metadata value and its fields. Never raises, imports no library.

    object ──Walk.form──▶ ("table", (records, schema)) ──▶ metadata.KINDS["table"](records, schema)

A type is known by what it is or by what it can do (an array has `dtype`, `shape` and `tolist`), so that no
library need be there. What is large is shortened, and a note says so; of what is of no known type the text is
kept, and its type is listed as unknown.
"""

from __future__ import annotations

import base64
import io
import math
import os
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence, Set, ValuesView
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Any, TypeAlias

from tidemill.core.keys import AssetKey
from tidemill.core.tables import (
    EXACT,
    Json,
    TableColumn,
    TableColumnLineage,
    TableConstraints,
    TableRecord,
    TableSchema,
    is_missing,
    is_scalar,
    label,
    python_scalar,
    shown,
    unused,
)

Form: TypeAlias = tuple[str, tuple[Any, ...]]

ROW_LIMIT = 1_000
CELL_LIMIT = 100_000  # of a table: fewer rows are kept of one with more than a hundred columns
COLUMN_LIMIT = 500
ARRAY_LIMIT = 1_000  # elements of an array that is kept whole
NODE_LIMIT = 200_000  # values within one JSON value
DEPTH_LIMIT = 60

_drawing = threading.Lock()  # figures of two threads share fonts and caches


class Walk:
    """One value being coerced: what was met on the way, and how much more of it is kept.

    Attributes:
        unknown: Types that have no known kind, as text.
        notes: What was shortened or replaced.
    """

    def __init__(self) -> None:
        self.unknown: list[str] = []
        self.notes: list[str] = []
        self._left = NODE_LIMIT
        self._above: set[int] = set()

    def form(self, value: object, *, nested: bool = False) -> Form:
        """Kind and fields of the metadata value for `value`; a moment `nested` in other data is text."""
        try:
            if nested and isinstance(value, datetime) and not is_missing(value):
                return "text", (value.isoformat(),)
            for coerce in (_scalar, _reference, _frame, _array, _image, _number, _structure):
                form = coerce(value, self)
                if form is not None:
                    return form
        except Exception as error:  # noqa: BLE001  (user objects; the text below is kept instead)
            self.notes.append(
                f"{type(value).__qualname__} could not be read: {type(error).__name__}: {shown(error, 200)}"
            )
        self.unknown.append(str(type(value)))
        return "text", (shown(value, how=repr),)

    def json(self, value: object) -> Json:
        """`value` made of dicts, lists, strings, integers, floats, bools and None only; floats may be NaN."""
        if value is None or type(value) in (str, int, float, bool):
            return value
        if type(value) in (list, tuple):
            return self.items(value, value)  # type: ignore[arg-type]  # exactly one of the two
        if type(value) is dict:
            return self.pairs(value.items(), value)
        kind, fields = self.form(value, nested=True)
        if kind == "table":
            return [record.data for record in fields[0]]
        parts = [_INNER[type(part)](part) if type(part) in _INNER else part for part in fields]
        return parts[0] if len(parts) == 1 else (parts or None)

    def items(self, values: Iterable[object], owner: object) -> list[Json]:
        """Each of `values` as JSON, as many as there is room for."""
        return [self.json(value) for value in self._within(values, owner)]

    def pairs(self, pairs: Iterable[tuple[Any, Any]], owner: object) -> dict[str, Json]:
        """A dict as JSON: keys become strings."""
        data: dict[str, Json] = {}
        for key, value in self._within(pairs, owner):
            data[unused(label(key), data)] = self.json(value)
        return data

    def _within(self, values: Iterable[Any], owner: object) -> Iterable[Any]:
        if id(owner) in self._above or len(self._above) > DEPTH_LIMIT:
            self._note("what is nested in itself or too deeply is left out")
            return
        self._above.add(id(owner))
        try:
            for value in values:
                self._left -= 1
                if self._left < 0:
                    self._note(f"only the first {NODE_LIMIT:,} values are kept")
                    return
                yield value
        finally:
            self._above.discard(id(owner))

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)


_KINDS = {AssetKey: "asset", TableSchema: "table_schema", TableColumnLineage: "column_lineage"}
_INNER: dict[type, Callable[[Any], Json]] = {
    AssetKey: AssetKey.to_user_string,
    TableSchema: TableSchema.to_json,
    TableColumnLineage: TableColumnLineage.to_json,
}


def _scalar(value: Any, walk: Walk) -> Form | None:
    if value is None or is_missing(value):
        return "null", ()
    if isinstance(value, Enum):
        return walk.form(value.value)
    for base, kind, exact in EXACT:
        if isinstance(value, base):
            return kind, (exact(value),)
    if is_scalar(value):
        return walk.form(python_scalar(value))
    if isinstance(value, (date, time)):
        return _moment(value, walk)
    if isinstance(value, timedelta):
        return "float", (value.total_seconds(),)
    if isinstance(value, BaseException):
        return "text", (f"{type(value).__qualname__}: {shown(value)}",)
    if isinstance(value, (bytes, bytearray, memoryview)):
        content = bytes(value)
        return "text", (f"{len(content):,} bytes: {content[:16].hex()}{'…' * (len(content) > 16)}",)
    return None


def _moment(value: date | time, walk: Walk) -> Form:
    if not isinstance(value, datetime):
        return "text", (value.isoformat(),)
    if value.utcoffset() is not None:
        return "timestamp", (value.timestamp(),)
    walk.unknown.append(f"{type(value)} without a time zone")
    return "text", (value.isoformat(),)


def _reference(value: Any, walk: Walk) -> Form | None:
    """What Tidemill itself has kinds for, also where it is nested in other data; paths; UUIDs."""
    cls = type(value)
    for own, kind in _KINDS.items():
        if isinstance(value, own):
            return kind, (value,)
    if isinstance(value, TableRecord):
        return "json", (dict(value.data),)
    if hasattr(cls, "metadata_form"):
        kind, fields = value.metadata_form()
        return (kind, (walk.json(fields[0]),)) if kind == "json" else (kind, fields)
    if hasattr(cls, "__fspath__"):
        return "path", (os.fsdecode(value),)
    return ("text", (str(value),)) if cls.__module__ == "uuid" else None


def _has(cls: type, *names: str) -> bool:
    return all(hasattr(cls, name) for name in names)


def _frame(value: Any, walk: Walk) -> Form | None:
    """Frames and series of pandas and Polars as a table."""
    cls = type(value)
    if _has(cls, "to_frame", "head", "dtype"):
        name = value.name
        value = value.to_frame("value" if name is None or name == "" else name)
    if not _has(type(value), "columns", "dtypes", "shape", "head"):
        return None
    height, width = value.shape
    rows = min(height, ROW_LIMIT, max(1, CELL_LIMIT // max(1, width)))
    kept = [f"the first {rows:,} of {height:,} rows"] if rows < height else []
    kept += [f"the first {COLUMN_LIMIT:,} of {width:,} columns"] if width > COLUMN_LIMIT else []
    walk.notes += [f"{what} are kept" for what in kept]
    series: dict[str, Any] = {}
    for name, column in _columns(value.head(rows)):
        series[unused(label(name), series)] = column
    schema = TableSchema(
        [TableColumn(name, str(column.dtype)) for name, column in series.items()], TableConstraints(kept)
    )
    cells = [_cells(column) for column in series.values()]
    records = [TableRecord(dict(zip(series, row, strict=True))) for row in zip(*cells, strict=True)]
    return "table", (records, schema)


def _cells(column: Any) -> list[Any]:
    if str(column.dtype).lower().startswith("float"):
        return _listed(column)
    # Elsewhere NaN is how pandas writes that there is nothing.
    return [None if isinstance(value, float) and math.isnan(value) else value for value in _listed(column)]


def _columns(frame: Any) -> list[tuple[object, Any]]:
    """Columns by label; before them the levels of an index, unless it only counts the rows from 0."""
    if not hasattr(type(frame), "iloc"):
        return list(zip(frame.columns[:COLUMN_LIMIT], frame.iter_columns(), strict=False))
    named = [(name, frame.iloc[:, i]) for i, name in enumerate(frame.columns[:COLUMN_LIMIT])]
    index = frame.index
    if type(index).__name__ == "RangeIndex" and index.name is None and index.start == 0 and index.step == 1:
        return named
    unnamed = "index {}" if index.nlevels > 1 else "index"
    names = [unnamed.format(i) if name is None else name for i, name in enumerate(index.names)]
    return [*((name, index.get_level_values(i)) for i, name in enumerate(names)), *named]


def _array(value: Any, walk: Walk) -> Form | None:
    """Anything with `dtype`, `shape` and `tolist`: an array, a tensor, an index, a categorical."""
    cls = type(value)
    if not _has(cls, "dtype", "shape", "tolist"):
        return None
    shape = tuple(value.shape)
    size = math.prod(shape)
    if size and str(value.dtype) == "object" and hasattr(cls, "flat"):
        image = _image(value.flat[0], walk)  # `plt.subplots` gives an array of the axes of one figure
        if image is not None:
            return image
    if size <= ARRAY_LIMIT:
        return "json", (walk.items(_listed(value), value),)
    walk.notes.append(f"a summary of {size:,} elements is kept")
    sides = " × ".join(f"{side:,}" for side in shape)
    return "text", (f"{cls.__name__} of {value.dtype}, shape {sides}{_range(value)}",)


def _listed(values: Any) -> list[Any]:
    """Elements of an array or column as Python values."""
    if getattr(values.dtype, "kind", "") in ("m", "M") and not hasattr(values, "to_list"):
        return values.astype(str).tolist()  # type: ignore[no-any-return]  # `tolist` makes integers of nanoseconds
    return values.to_list() if hasattr(values, "to_list") else values.tolist()  # type: ignore[no-any-return]


def _range(value: Any) -> str:
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, numpy.ndarray) or value.dtype.kind not in "iuf":
        return ""
    with numpy.errstate(all="ignore"):  # a NaN on the way is no news
        low, high = numpy.fmin.reduce(value, axis=None), numpy.fmax.reduce(value, axis=None)
    return f", from {low:.6g} to {high:.6g}"


def _image(value: Any, walk: Walk) -> Form | None:
    """Figures, axes and whatever else can draw itself, as Markdown that holds a PNG."""
    cls = type(value)
    matplotlib = sys.modules.get("matplotlib.figure")
    if matplotlib is not None:
        figure = value
        for _ in range(4):  # axes → figure within a figure → figure
            if isinstance(figure, matplotlib.Figure):
                return "md", (_picture(_draw(figure)),)
            figure = getattr(figure, "figure", None)
    if cls.__module__.startswith("plotly.") and hasattr(cls, "to_json"):
        import json  # noqa: PLC0415  (only where there is such a figure)

        return "json", (walk.json(json.loads(value.to_json())),)
    content = value._repr_png_() if hasattr(cls, "_repr_png_") else None
    return ("md", (_picture(content),)) if isinstance(content, bytes) else None


def _draw(figure: Any) -> bytes:
    """The PNG of a matplotlib figure, in any thread; pyplot and the figure stay as they were."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer = io.BytesIO()
    with _drawing:
        canvas = figure.canvas
        try:
            FigureCanvasAgg(figure).print_figure(buffer, format="png", bbox_inches="tight")
        finally:
            figure.set_canvas(canvas)
    return buffer.getvalue()


def _picture(content: bytes) -> str:
    return f"![figure](data:image/png;base64,{base64.b64encode(content).decode()})"


def _number(value: Any, walk: Walk) -> Form | None:  # noqa: ARG001  (all have one signature)
    """Whatever says that it is a number: Decimal, Fraction, …"""
    cls = type(value)
    if hasattr(cls, "__index__"):
        return "int", (int(value),)
    if not hasattr(cls, "__float__"):
        return None
    number = float(value)
    beyond = math.isinf(number) and "inf" not in shown(value).lower()  # a Decimal larger than all floats
    return ("text", (shown(value),)) if beyond else ("float", (number,))


def _structure(value: Any, walk: Walk) -> Form | None:
    cls = type(value)
    names = getattr(cls, "_fields", None) or getattr(cls, "__dataclass_fields__", None)
    if isinstance(value, Mapping):
        return "json", (walk.pairs(value.items(), value),)
    if isinstance(names, (tuple, dict)) and not isinstance(value, type):
        return "json", (walk.pairs(((name, getattr(value, name)) for name in names), value),)
    if hasattr(cls, "model_dump"):
        return "json", (walk.json(value.model_dump()),)
    if isinstance(value, (set, frozenset)):
        return "json", (walk.items(_sorted(value), value),)
    if isinstance(value, (Sequence, Set, ValuesView)):
        return "json", (walk.items(value, value),)
    return None


def _sorted(values: Iterable[Any]) -> list[Any]:
    try:
        return sorted(values)
    except TypeError:
        return sorted(values, key=shown)
