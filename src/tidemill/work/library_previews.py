"""Previews of what libraries make: tables, arrays, estimators, figures. Only loaded where a library is.

Of a large array some blocks are looked at, not single elements far apart: each of those would be a page of memory.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

from tidemill.work.glances import CELL, Glance, Preview, counted, cut, plain_scalar

ROWS, COLUMNS = 20, 40
FEW = 10
"""Columns that are looked at however late it is: the first look at a table in a process takes its library longer."""

PARAMETERS = 50
MOST = 10_000
"""Elements that are looked at."""

BLOCKS = 20
BINS = 20
SMALL = 400
"""Elements of an array of which a head is shown."""


def look_at(value: Any, base: type, glance: Glance) -> Preview | None:
    """A look at an instance of a class of a library; None where nobody knows how."""
    look = _LOOKS.get((base.__module__.partition(".")[0], base.__name__))
    return look(value, glance) if look is not None else None


# Tables


def _pandas_frame(value: Any, glance: Glance) -> Preview:
    rows, columns = value.shape
    if glance.short:
        return _table([], [], [], (rows, columns), glance)
    pandas = sys.modules["pandas"]
    head = value.iloc[:ROWS, :COLUMNS]
    index = not isinstance(value.index, pandas.RangeIndex)
    names = [_named(name, glance) for name in head.columns]
    types = [str(dtype) for dtype in head.dtypes]
    cells = [
        column.tolist() for place, (_, column) in enumerate(head.items()) if place < FEW or not glance.is_late
    ]
    names, types = names[: len(cells)], types[: len(cells)]
    if index:
        names.insert(0, _named(value.index.name, glance) if value.index.name is not None else "index")
        types.insert(0, str(value.index.dtype))
        cells.insert(0, head.index.tolist())
    return _table(names, types, cells, (rows, columns), glance)


def _pandas_series(value: Any, glance: Glance) -> Preview:
    pandas = sys.modules["pandas"]
    head = value.iloc[:ROWS]
    names, types, cells = [_named(value.name, glance)], [str(value.dtype)], [head.tolist()]
    if not isinstance(value.index, pandas.RangeIndex):
        names, types, cells = (
            ["index", *names],
            [str(value.index.dtype), *types],
            [head.index.tolist(), *cells],
        )
    return _table(names, types, cells, (len(value), 1), glance)


def _polars_frame(value: Any, glance: Glance) -> Preview:
    rows, columns = value.shape
    head = value[:ROWS, :COLUMNS]
    cells = [column.to_list() for column in head.get_columns()]
    return _table(head.columns, [str(dtype) for dtype in head.dtypes], cells, (rows, columns), glance)


def _polars_series(value: Any, glance: Glance) -> Preview:
    return _table([value.name], [str(value.dtype)], [value[:ROWS].to_list()], (len(value), 1), glance)


def _arrow_table(value: Any, glance: Glance) -> Preview:
    head = value.slice(0, ROWS)
    names = list(value.schema.names[:COLUMNS])
    types = [str(kind) for kind in value.schema.types[:COLUMNS]]
    cells = [head.column(place).to_pylist() for place in range(len(names))]
    return _table(names, types, cells, (value.num_rows, value.num_columns), glance)


def _table(
    names: Sequence[str],
    types: Sequence[str],
    cells: Sequence[Sequence[Any]],
    shape: tuple[int, int],
    glance: Glance,
) -> Preview:
    rows, columns = shape
    return {
        "kind": "table",
        "type": "",
        "summary": f"{rows:,} × {columns:,}",
        "shape": [rows, columns],
        "columns": [{"name": name, "type": kind} for name, kind in zip(names, types, strict=True)],
        "rows": [[_cell(cell, glance) for cell in row] for row in zip(*cells, strict=True)],
    }


def _cell(value: Any, glance: Glance) -> Any:
    missing = type(value).__name__
    if missing in ("NAType", "NaTType"):
        return None
    if missing == "Timestamp" and type(value).__module__.startswith("pandas"):
        return value.isoformat(sep=" ")
    return glance.plain(value)


def _named(name: Any, glance: Glance) -> str:
    parts = name if isinstance(name, tuple) else (name,)
    return " ".join(str(glance.plain(part)) for part in parts)


# Arrays


def _array(value: Any, glance: Glance) -> Preview:
    found: Preview = {
        "kind": "array",
        "type": "",
        "summary": f"{_shape(value.shape)} {value.dtype}".strip(),
        "shape": list(value.shape),
        "dtype": str(value.dtype),
    }
    if glance.short:
        return found
    if value.size and value.dtype.kind in "biuf":
        found.update(_distribution(_sample(value), glance))
    if value.size and value.ndim <= 2 and value.size <= SMALL and value.dtype.kind in "biufU":
        table = value.reshape(1, -1) if value.ndim < 2 else value
        found["rows"] = [[glance.plain(cell) for cell in row] for row in table[:ROWS, :COLUMNS].tolist()]
    return found


def _sample(value: Any) -> Any:
    """Some elements of an array: all of a small one, else blocks of it."""
    numpy: Any = sys.modules["numpy"]
    if value.size <= MOST:
        return value.ravel()
    if value.flags.c_contiguous or value.flags.f_contiguous:
        flat, length = value.ravel(order="K"), MOST // BLOCKS  # a view
        starts = [place * (flat.size - length) // (BLOCKS - 1) for place in range(BLOCKS)]
        return numpy.concatenate([flat[start : start + length] for start in starts])
    steps = [1] * value.ndim
    counts = list(value.shape)
    while _product(counts) > MOST:
        widest = counts.index(max(counts))
        steps[widest] *= 2
        counts[widest] = -(-value.shape[widest] // steps[widest])
    return value[tuple(slice(None, None, step) for step in steps)].ravel()


def _product(counts: Sequence[int]) -> int:
    product = 1
    for count in counts:
        product *= count
    return product


def _distribution(sample: Any, glance: Glance) -> dict[str, Any]:
    """How the finite ones among some numbers are distributed."""
    numpy: Any = sys.modules["numpy"]
    finite = sample[numpy.isfinite(sample)] if sample.dtype.kind == "f" else sample
    found: dict[str, Any] = {"sampled": int(sample.size)}
    if finite.size < sample.size:
        found["not_finite"] = int(sample.size - finite.size)
    if finite.size and not glance.is_late:
        finite = finite.astype("float64")
        counts, edges = numpy.histogram(finite, bins=BINS)
        found["histogram"] = {"edges": [_rounded(edge) for edge in edges.tolist()], "counts": counts.tolist()}
        found["minimum"], found["maximum"] = (
            plain_scalar(float(finite.min())),
            plain_scalar(float(finite.max())),
        )
        found["mean"] = plain_scalar(float(finite.mean()))
    return found


def _rounded(value: float) -> Any:
    return plain_scalar(float(f"{value:.6g}"))


def _generic(value: Any, glance: Glance) -> Preview | None:
    item = value.item()
    if type(item) is type(value):
        return None
    found = glance.of(item)
    return dict(found) if found is not None else None


def _sparse(value: Any, glance: Glance) -> Preview:
    cells = _product(value.shape)
    density = value.nnz / cells if cells else 0.0
    found: Preview = {
        "kind": "array",
        "type": "",
        "summary": f"{_shape(value.shape)} {value.dtype}, {density:.2%} filled",
        "shape": list(value.shape),
        "dtype": str(value.dtype),
        "stored": int(value.nnz),
        "density": density,
    }
    data = vars(value).get("data")
    if data is not None and data.size and not glance.short and data.dtype.kind in "biuf":
        found.update(_distribution(_sample(data), glance))
    return found


def _shape(shape: Sequence[int]) -> str:
    return " × ".join(f"{length:,}" for length in shape)


# Models


def _estimator(value: Any, glance: Glance) -> Preview:
    found: Preview = {"kind": "estimator", "type": "", "summary": type(value).__name__}
    if not glance.short:
        parameters = islice(_parameters(value).items(), PARAMETERS)
        found["parameters"] = {name: _parameter(said, glance) for name, said in parameters}
        found["fitted"] = _fitted(value, glance)
    return found


def _parameters(value: Any) -> Mapping[str, Any]:
    """What it was made with. A class of the user's may have its own ways: then what it holds."""
    if type(value).__module__.partition(".")[0] in ("sklearn", "xgboost"):
        found = value.get_params(deep=False)
        return (
            {name: said for name, said in found.items() if said is not None}
            if isinstance(found, dict)
            else {}
        )
    return {name: said for name, said in vars(value).items() if not name.endswith("_") and name[:1] != "_"}


def _parameter(value: Any, glance: Glance) -> Any:
    if (
        isinstance(value, list) and value and all(isinstance(each, tuple) for each in value)
    ):  # steps of a pipeline
        return cut(", ".join(f"{each[0]}: {type(each[1]).__name__}" for each in value if len(each) > 1), CELL)
    return glance.plain(value)


def _fitted(value: Any, glance: Glance) -> dict[str, Any]:
    """What fitting it has left: scalars, and shapes of the rest."""
    held = vars(value)
    learned = [(name, said) for name, said in held.items() if name.endswith("_") and name[:1] != "_"]
    found = {name: glance.plain(said) for name, said in learned[:PARAMETERS]}
    booster = held.get("_Booster")
    if booster is not None:
        found["rounds"], found["features"] = booster.num_boosted_rounds(), booster.num_features()
    return found


def _booster(value: Any, _: Glance) -> Preview:
    rounds, features = value.num_boosted_rounds(), value.num_features()
    return {
        "kind": "estimator",
        "type": "",
        "summary": f"Booster, {rounds:,} rounds",
        "parameters": {
            name: cut(text, CELL) for name, text in islice(value.attributes().items(), PARAMETERS)
        },
        "fitted": {"rounds": rounds, "features": features},
    }


def _pydantic(value: Any, glance: Glance) -> Preview:
    held = vars(value)
    return {
        "kind": "mapping",
        "type": "",
        "summary": f"{type(value).__name__}, {counted(len(held))}",
        "entries": [{"key": name, **glance.entry(each)} for name, each in islice(held.items(), PARAMETERS)],
        "length": len(held),
    }


def _figure(value: Any, _: Glance) -> Preview:
    width, height = (round(float(inches) * float(value.dpi)) for inches in value.get_size_inches())
    return {
        "kind": "figure",
        "type": "",
        "summary": f"figure, {width:,} × {height:,} px",
        "width": width,
        "height": height,
    }


_LOOKS: dict[tuple[str, str], Callable[[Any, Glance], Preview | None]] = {
    ("pandas", "DataFrame"): _pandas_frame,
    ("pandas", "Series"): _pandas_series,
    ("polars", "DataFrame"): _polars_frame,
    ("polars", "Series"): _polars_series,
    ("pyarrow", "Table"): _arrow_table,
    ("pyarrow", "RecordBatch"): _arrow_table,
    ("numpy", "ndarray"): _array,
    ("numpy", "generic"): _generic,
    ("scipy", "_spbase"): _sparse,
    ("scipy", "spmatrix"): _sparse,
    ("sklearn", "BaseEstimator"): _estimator,
    ("xgboost", "Booster"): _booster,
    ("matplotlib", "Figure"): _figure,
    ("pydantic", "BaseModel"): _pydantic,
}
