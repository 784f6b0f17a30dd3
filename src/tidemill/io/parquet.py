"""Data frames as Parquet files, of whatever library that narwhals knows: pandas, polars, Arrow, DuckDB, …

    frame ──narwhals──▶ Arrow ──▶ <base_dir>/<key parts>[/<partition>].parquet ──▶ Arrow ──narwhals──▶ frame

A frame is loaded as what the input is annotated with; without an annotation, as what it was written as, which the
file remembers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import UnionType
from typing import Any, ClassVar, Union, get_args, get_origin

from pydantic import Field  # noqa: TID253  (whoever loads this module uses it)

from tidemill.core.errors import InvalidDefinitionError
from tidemill.core.metadata import MetadataValue
from tidemill.core.tables import TableColumn, TableSchema
from tidemill.io.configurable import ConfigurableIOManager
from tidemill.io.contexts import InputContext, OutputContext, ValueContext
from tidemill.io.extras import library
from tidemill.io.paths import UPathIOManager, as_path

_KIND = b"tidemill"
_FRAMES = ("pandas.DataFrame", "polars.DataFrame", "polars.LazyFrame", "pyarrow.Table")


class ParquetIOManager(ConfigurableIOManager, UPathIOManager):
    """Data frames as Parquet files, on a local disk or at an address that fsspec knows.

    An input of several partitions that is annotated with a frame is all of them in one; otherwise it is a dict by
    partition key. An input says by the metadata `columns` which columns it needs. Needs the extra `parquet`.

    Example:
        >>> ParquetIOManager(base_dir="s3://bucket/tables", options={"anon": True}).compression
        'zstd'
    """

    base_dir: str | None = Field(
        default=None, description="Folder of the files; that of the store by default"
    )
    options: dict[str, Any] = Field(
        default={}, description="What fsspec opens the file system of an address with"
    )
    compression: str = Field(default="zstd", description="As pyarrow names it")

    extension: ClassVar[str | None] = ".parquet"
    unsaid: ClassVar[str | None] = (
        None  # what to load where nothing says it; as what it was written by default
    )

    def dump_to_path(self, context: OutputContext, obj: Any, path: Any) -> None:
        """Write a frame.

        Raises:
            InvalidDefinitionError: The value is no frame.
        """
        pq = library("pyarrow.parquet", "parquet")
        table = _arrow(context, obj)
        kind = {_KIND: _name(type(obj)).encode()}
        with path.open("wb") as file:
            pq.write_table(
                table.replace_schema_metadata({**(table.schema.metadata or {}), **kind}),
                file,
                compression=self.compression,
            )
        fields = [TableColumn(field.name, str(field.type)) for field in table.schema]
        rows = "dagster/partition_row_count" if context.has_asset_partitions else "dagster/row_count"
        context.add_output_metadata(
            {
                rows: MetadataValue.int(table.num_rows),
                "dataframe_columns": MetadataValue.table_schema(TableSchema(fields)),
            }
        )

    def load_from_path(self, context: InputContext, path: Any) -> Any:
        """Read a frame."""
        return _frame(self._read(context, path), _wanted(context.dagster_type.typing_type) or self.unsaid)

    def load_partitions(self, context: InputContext) -> Any:
        """The frames of all partitions: one, where the input is annotated with a frame, else a dict."""
        kind = _wanted(context.dagster_type.typing_type)
        if kind is None or get_origin(context.dagster_type.typing_type) is not None:
            return super().load_partitions(context)
        pa = library("pyarrow", "parquet")
        paths = self._get_paths_for_partitions(context)
        there = [path for key, path in paths.items() if self._is_there(context, key, path)]
        tables = [self._read(context, path) for path in there]
        whole = pa.concat_tables(tables, promote_options="permissive") if tables else pa.table({})
        return _frame(whole, kind)

    def _read(self, context: InputContext, path: Any) -> Any:
        pq = library("pyarrow.parquet", "parquet")
        columns: Iterable[str] | None = context.definition_metadata.get("columns")
        with path.open("rb") as file:
            return pq.read_table(file, columns=None if columns is None else list(columns))

    def _base(self, context: ValueContext) -> Any:
        options = self._options()
        if self.base_dir is None or not options:
            self._base_path = self.base_dir
            return super()._base(context)
        return as_path(self.base_dir, options)

    def _options(self) -> Mapping[str, Any]:
        return self.options


class PolarsParquetIOManager(ParquetIOManager):
    """Parquet files that are loaded with polars where an annotation does not say otherwise; see `ParquetIOManager`.

    Example:
        >>> PolarsParquetIOManager(base_dir="tables").base_dir
        'tables'
    """

    cloud_storage_options: dict[str, Any] | None = Field(
        default=None,
        description="What fsspec opens the file system of an address with: `options` by another name",
    )

    unsaid: ClassVar[str | None] = "polars.DataFrame"

    def _options(self) -> Mapping[str, Any]:
        return {**self.options, **(self.cloud_storage_options or {})}


def _arrow(context: OutputContext, obj: Any) -> Any:
    nw = library("narwhals", "parquet")
    try:
        frame = nw.from_native(obj)
    except TypeError as error:
        name = "/".join(context.get_identifier())
        raise InvalidDefinitionError(
            f"The value of {name!r} cannot be written as Parquet",
            subject=name,
            found=f"a value of type {_name(type(obj))}",
            expected="a data frame of pandas or polars, an Arrow table, or another that narwhals knows",
            next_step="give another io_manager_key to this asset",
        ) from error
    return (frame.collect() if isinstance(frame, nw.LazyFrame) else frame).to_arrow()


def _frame(table: Any, kind: str | None) -> Any:
    """A table as a frame of some class, by name; as what it was written as, where nothing is said."""
    nw = library("narwhals", "parquet")
    kind = kind or (table.schema.metadata or {}).get(_KIND, b"").decode()
    if kind == "pyarrow.Table":
        return table
    frame = nw.from_native(table, eager_only=True)
    if kind.startswith("polars."):
        return frame.lazy(backend="polars").to_native() if kind.endswith("LazyFrame") else frame.to_polars()
    return frame.to_pandas()


def _wanted(annotation: Any) -> str | None:
    """The class of frames that an annotation asks for, by name; None where it asks for none."""
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        found = [_wanted(arm) for arm in get_args(annotation) if arm is not type(None)]
        return found[0] if len(found) == 1 else None
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _wanted(get_args(annotation)[-1])
    if not isinstance(annotation, type):
        return None
    names = (_name(cls) for cls in annotation.__mro__)
    return next((name for name in names if name in _FRAMES), None)


def _name(cls: type) -> str:
    """The class without the modules inside its library: `pandas.core.frame.DataFrame` is `pandas.DataFrame`."""
    return f"{cls.__module__.partition('.')[0]}.{cls.__name__}"
