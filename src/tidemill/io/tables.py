"""Canonical bytes of tables: pandas, polars and Arrow by columns, whatever blocks and chunks hold them.

A column is its type, where it is null, and its values with nothing in the null places. Text goes through
Python strings, so that it has one digest however it is stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tidemill.io.canonical import Canon, Encoder, NotCanonicalError, by_state, pack, shorten, text as utf8


def resolve_pandas(kind: type) -> Encoder | None:  # noqa: C901  (a table of classes)
    """Encoder for a class of pandas."""
    import pandas as pd  # (loaded: the class is its own)

    if kind is pd.DataFrame:
        return _frame
    if kind is pd.Series:
        return lambda canon, value: pack(
            b"series:", canon.names((value.name, value.index, value.array, value.attrs))
        )
    if kind is pd.RangeIndex:
        return _fields("start", "stop", "step", "name")
    if kind is pd.MultiIndex:
        return lambda canon, value: by_state(
            canon,
            value,
            (list(value.names), [value.get_level_values(level).array for level in range(value.nlevels)]),
        )
    if issubclass(kind, pd.Index):
        return lambda canon, value: by_state(
            canon, value, (value.name, value.array, getattr(value, "freqstr", None))
        )
    if issubclass(kind, pd.api.extensions.ExtensionArray):
        return _extension
    if issubclass(kind, pd.api.extensions.ExtensionDtype):
        return lambda _, value: b"dtype:" + utf8(str(value))
    if kind is pd.Interval:
        return _fields("left", "right", "closed")
    if kind in (pd.Timestamp, pd.Timedelta):
        return lambda canon, value: by_state(
            canon, value, (value.value, value.unit, str(getattr(value, "tz", None)))
        )
    if kind is pd.Period:
        return _fields("ordinal", "freqstr")
    if kind in (type(pd.NA), type(pd.NaT)):
        return lambda _, value: f"missing:{value}".encode()
    if issubclass(kind, pd.offsets.BaseOffset):
        return _fields("freqstr", "n", "normalize")
    return None


def _fields(*names: str) -> Encoder:
    return lambda canon, value: by_state(canon, value, [getattr(value, name) for name in names])


def _frame(canon: Canon, value: Any) -> bytes:
    import numpy as np  # loaded: pandas needs it

    dtypes = set(value.dtypes)
    if len(dtypes) == 1 and isinstance(dtype := dtypes.pop(), np.dtype) and not dtype.hasobject:
        # One block in the usual case, columns as its rows: its digest is known from the writing.
        held = [canon.name(value.to_numpy(copy=False).T)]
    else:
        held = [canon.name(column.array) for _, column in value.items()]
    return pack(b"frame:", [*canon.names((value.columns, value.index, value.attrs)), *held])


def _extension(canon: Canon, value: Any) -> bytes:
    import pandas as pd  # (loaded: the array is its own)

    dtype = value.dtype
    kind = shorten(f"{type(dtype).__name__}:{dtype}".encode())
    if isinstance(dtype, pd.StringDtype):
        held: list[object] = [value.to_numpy(dtype=object, na_value=None).tolist(), repr(dtype.na_value)]
    elif isinstance(value, pd.arrays.NumpyExtensionArray):
        held = [value.to_numpy()]
    elif isinstance(value, pd.Categorical):
        held = [value.categories, value.codes, value.ordered]
    elif isinstance(value, pd.arrays.IntervalArray):
        held = [value.left, value.right]
    elif isinstance(value, pd.arrays.SparseArray):
        held = [value.sp_values, value.sp_index.indices, len(value), value.fill_value]
    elif isinstance(dtype, pd.ArrowDtype):
        held = [value.__arrow_array__()]
    elif hasattr(value, "_mask"):  # the masked numbers
        mask = value.isna()
        held = [value.to_numpy(dtype=dtype.numpy_dtype, na_value=dtype.numpy_dtype.type(0)), mask]
    elif hasattr(value, "asi8"):  # dates, durations, periods
        held = [value.asi8]
    else:
        raise NotCanonicalError(f"a column of {dtype}")
    return pack(b"column:", [kind, *canon.names(held)])


def resolve_arrow(kind: type) -> Encoder | None:
    """Encoder for a class of pyarrow."""
    import pyarrow as pa  # (loaded: the class is its own)

    if kind in (pa.Table, pa.RecordBatch):
        return lambda canon, value: pack(
            b"arrow table:",
            [*canon.names((value.schema, value.num_rows)), *_arrow_columns(canon, value.columns)],
        )
    if issubclass(kind, pa.Array | pa.ChunkedArray):
        return lambda canon, value: pack(
            b"arrow array:", [canon.name(value.type), *_arrow_columns(canon, [value])]
        )
    if kind is pa.Schema:
        return lambda canon, value: pack(b"schema:", canon.names((list(value), value.metadata)))
    if issubclass(kind, pa.Field):
        return lambda canon, value: pack(
            b"field:", canon.names((value.name, value.type, value.nullable, value.metadata))
        )
    if issubclass(kind, pa.DataType):
        return lambda _, value: b"arrow type:" + utf8(str(value))
    if issubclass(kind, pa.Scalar):
        return lambda canon, value: pack(b"arrow scalar:", canon.names((value.type, value.as_py())))
    return None


def _arrow_columns(canon: Canon, columns: Iterable[Any]) -> list[bytes]:
    import pyarrow as pa  # (loaded: the columns are its own)
    import pyarrow.compute as pc

    names = []
    for column in columns:
        whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        nulls = pc.is_null(whole).to_numpy(zero_copy_only=False) if whole.null_count else None
        kind = whole.type
        if pa.types.is_temporal(kind) and not pa.types.is_interval(kind):
            whole = whole.view(pa.int32() if kind.bit_width == 32 else pa.int64())
            kind = whole.type
        if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
            filled = pc.fill_null(whole, False if pa.types.is_boolean(kind) else 0)
            held: object = filled.to_numpy(zero_copy_only=False)
        elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
            held = whole.to_numpy(zero_copy_only=False).tolist()
        else:
            held = whole.to_pylist()
        names.append(shorten(pack(b"", canon.names((nulls, held)))))
    return names


def resolve_polars(kind: type) -> Encoder | None:
    """Encoder for a class of polars."""
    import polars as pl  # (loaded: the class is its own)

    if kind is pl.DataFrame:
        return lambda canon, value: pack(b"polars frame:", canon.names(value.get_columns()))
    if kind is pl.Series:
        return _polars_series
    if isinstance(kind, type(pl.DataType)) or issubclass(kind, pl.DataType):
        return lambda _, value: b"polars type:" + utf8(repr(value))
    return None


def _polars_series(canon: Canon, value: Any) -> bytes:
    import polars as pl  # (loaded: the series is its own)

    name, dtype = value.name, value.dtype
    nulls = value.is_null().to_numpy() if value.null_count() else None
    if isinstance(dtype, pl.Categorical | pl.Enum):
        held: object = value.cast(pl.String).to_list()
    elif (dtype.is_numeric() and not dtype.is_decimal()) or dtype.is_temporal():
        held = value.to_physical().fill_null(0).rechunk().to_numpy()
    elif dtype == pl.Boolean:
        held = value.fill_null(False).to_numpy()
    elif dtype == pl.Object:
        raise NotCanonicalError("a polars column of Python objects")
    else:
        held = value.to_list()
    return pack(b"polars series:", canon.names((name, repr(dtype), nulls, held)))
