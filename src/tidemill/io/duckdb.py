"""Values as tables of a DuckDB database: pandas, polars and Arrow.

    frame ──handle_output──▶ schema.table, as a whole or the rows of its partitions ──load_input──▶ frame

A connection is open for one value only: the database belongs to one process at a time, and steps of a run may be
in several, so who finds it taken waits for it.
"""

from __future__ import annotations

import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import Field  # noqa: TID253  (whoever loads this module uses it)

from tidemill.core.errors import (
    InvalidDefinitionError,
    InvariantViolationError,
    StoreError,
    ValueNotStoredError,
)
from tidemill.core.metadata import MetadataValue
from tidemill.core.tables import TableColumn, TableSchema
from tidemill.definitions.resources.resource_set import InitResourceContext
from tidemill.definitions.resources.resources import ConfigurableResource
from tidemill.io.configurable import ConfigurableIOManagerFactory
from tidemill.io.contexts import InputContext, OutputContext
from tidemill.io.extras import library
from tidemill.io.managers import IOManager, IOManagerDefinition
from tidemill.io.table_slices import TableSlice, quoted, table_slice

PATIENCE = 300.0
"""Seconds to wait for a database that another process has open."""
MEMORY = ":memory:"
_VALUE = "tidemill_value"


class DbTypeHandler(ABC):
    """How one kind of frame gets into a table and out of it."""

    @property
    @abstractmethod
    def supported_types(self) -> Sequence[type]:
        """Classes of the values that it handles; the first is what it loads where nothing is said."""

    @abstractmethod
    def handle_output(
        self, context: OutputContext, table_slice: TableSlice, obj: Any, connection: Any
    ) -> Mapping[str, Any] | None:
        """Write a value in place of a slice; what it returns is metadata."""

    @abstractmethod
    def load_input(self, context: InputContext, table_slice: TableSlice, connection: Any) -> Any:
        """Read a slice as the type that the context asks for."""


class FrameHandler(DbTypeHandler):
    """Base of those whose frames DuckDB reads as they are, or as Arrow."""

    def handle_output(
        self, context: OutputContext, table_slice: TableSlice, obj: Any, connection: Any
    ) -> Mapping[str, Any]:
        """Write a frame."""
        return write_frame(connection, table_slice, self.readable(obj), context)

    def readable(self, obj: Any) -> Any:
        """The value as something that DuckDB reads."""
        return obj


class DuckDBPandasTypeHandler(FrameHandler):
    """pandas data frames, without their index."""

    @property
    def supported_types(self) -> Sequence[type]:
        """`pandas.DataFrame`."""
        import pandas as pd

        return [pd.DataFrame]

    def load_input(self, context: InputContext, table_slice: TableSlice, connection: Any) -> Any:
        """A data frame."""
        del context
        return connection.sql(table_slice.query).df()


class DuckDBPolarsTypeHandler(FrameHandler):
    """polars data frames, lazy ones too."""

    @property
    def supported_types(self) -> Sequence[type]:
        """`polars.DataFrame`, `polars.LazyFrame`."""
        import polars as pl

        return [pl.DataFrame, pl.LazyFrame]

    def readable(self, obj: Any) -> Any:
        """The frame as Arrow."""
        frame = obj.collect() if hasattr(obj, "collect") else obj
        return frame.to_arrow()

    def load_input(self, context: InputContext, table_slice: TableSlice, connection: Any) -> Any:
        """A data frame, or a lazy one."""
        import polars as pl

        frame = pl.from_arrow(connection.sql(table_slice.query).to_arrow_table())
        return frame.lazy() if context.dagster_type.typing_type is pl.LazyFrame else frame


class DuckDBArrowTypeHandler(FrameHandler):
    """Arrow tables."""

    @property
    def supported_types(self) -> Sequence[type]:
        """`pyarrow.Table`."""
        import pyarrow as pa

        return [pa.Table]

    def load_input(self, context: InputContext, table_slice: TableSlice, connection: Any) -> Any:
        """A table."""
        del context
        return connection.sql(table_slice.query).to_arrow_table()


def write_frame(
    connection: Any, target: TableSlice, frame: Any, context: OutputContext
) -> dict[str, MetadataValue]:
    """Put a frame in place of a slice, in one transaction.

    Args:
        connection: To the database.
        target: A whole table, which takes on the columns of the frame; or the rows of partitions of one.
        frame: Anything that DuckDB reads by a name.
        context: For messages.

    Returns:
        How many rows were written, and their columns.

    Raises:
        InvariantViolationError: The table has other columns than the rows of a partition.
    """

    def run(statement: str) -> list[Any]:
        return connection.execute(statement).fetchall()  # type: ignore[no-any-return]  # a library without types

    connection.register(_VALUE, frame)
    try:
        run("BEGIN TRANSACTION")
        try:
            run(f"CREATE SCHEMA IF NOT EXISTS {quoted(target.schema)}")
            columns = {row[0]: row[1] for row in run(f"DESCRIBE {_VALUE}")}
            if target.partitioned:
                run(f"CREATE TABLE IF NOT EXISTS {target.name} AS SELECT * FROM {_VALUE} WHERE FALSE")  # noqa: S608
                _check_columns(run(f"DESCRIBE {target.name}"), columns, target, context)
                run(f"DELETE FROM {target.name} WHERE {target.where}")  # noqa: S608  (names are quoted)
                (count,) = run(f"INSERT INTO {target.name} BY NAME SELECT * FROM {_VALUE}")[0]  # noqa: S608
            else:
                (count,) = run(f"CREATE OR REPLACE TABLE {target.name} AS SELECT * FROM {_VALUE}")[0]  # noqa: S608
            run("COMMIT")
        except BaseException:
            run("ROLLBACK")
            raise
    finally:
        connection.unregister(_VALUE)
    schema = TableSchema([TableColumn(name, kind) for name, kind in columns.items()])
    rows = "dagster/partition_row_count" if target.partitioned else "dagster/row_count"
    return {
        rows: MetadataValue.int(count),
        "dataframe_columns": MetadataValue.table_schema(schema),
    }


def _check_columns(
    described: Sequence[Any], columns: Mapping[str, str], target: TableSlice, context: OutputContext
) -> None:
    there = [row[0] for row in described]
    if {name.lower() for name in there} == {name.lower() for name in columns}:
        return
    raise InvariantViolationError(
        f"A partition of the table {target.name} must have the columns of the others",
        subject="/".join(context.asset_key.parts),
        found=", ".join(columns),
        expected=", ".join(there),
        next_step=f"give it those columns; or, for other ones, drop the table first: DROP TABLE {target.name}",
    )


class DuckDBTables(IOManager):
    """Frames in the tables of a DuckDB database.

    Args:
        database: Its file, or `:memory:` for one that lives as long as this object.
        handlers: What it can write and read.
        default_load_type: What an input without an annotation is loaded as; by default the type that the asset's
            function says that it returns, else the first that a handler has.
        schema: Of tables whose asset says none.
        connection_config: Options of the connection.
    """

    def __init__(
        self,
        database: str,
        handlers: Sequence[DbTypeHandler],
        default_load_type: type | None = None,
        schema: str | None = None,
        connection_config: Mapping[str, Any] | None = None,
    ) -> None:
        self.database = database
        self.handlers = handlers
        self.default_load_type = default_load_type
        self.schema = schema
        self.connection_config = dict(connection_config or {})
        self._memory: Any = None

    def handle_output(self, context: OutputContext, obj: Any) -> None:
        """Write a frame in place of its table, or of the rows of its partitions.

        Raises:
            InvariantViolationError: The value is None, or has other columns than the table of its partitions.
            InvalidDefinitionError: No handler has its type, or nothing says which rows its partitions are.
        """
        target = table_slice(context, self.schema)
        if obj is None:
            raise InvariantViolationError(
                f"There is no table to write for {target.name}",
                subject=target.name,
                found="None",
                expected="a frame",
                next_step="where the function writes the table itself, annotate it `-> None`",
            )
        handler = self._handler(type(obj), "written")
        with self.connection() as connection:
            said = handler.handle_output(context, target, obj, connection)
        context.add_output_metadata(
            {
                **(said or {}),
                "Query": target.query,
                "dagster/storage_kind": "duckdb",
                "dagster/table_name": f"{self.database}.{target.schema}.{target.table}",
            }
        )

    def load_input(self, context: InputContext) -> Any:
        """Read a table, or the rows of partitions of one.

        Raises:
            ValueNotStoredError: There is no such table.
        """
        source = table_slice(context, self.schema)
        handler = self._handler(self._wanted(context), "loaded")
        duckdb = library("duckdb", "duckdb")
        with self.connection() as connection:
            try:
                return handler.load_input(context, source, connection)
            except duckdb.CatalogException as error:
                name = "/".join(
                    context.get_identifier() if not source.partitioned else context.asset_key.parts
                )
                raise ValueNotStoredError(
                    f"No value of {name!r} is stored",
                    subject=name,
                    found=f"no table {source.name} in {self.database}",
                    expected="a table that this I/O manager, or something else, has written",
                    next_step=f"materialize {name!r} first, or select it too",
                ) from error

    def _wanted(self, context: InputContext) -> type:
        written = context.upstream_output
        asked = [context.dagster_type, written.dagster_type if written is not None else None]
        for told in asked:
            kind = _class(told.typing_type) if told is not None else None
            if kind is not None and (told is asked[0] or self._find(kind) is not None):
                return kind
            if self.default_load_type is not None:
                return self.default_load_type
        return self.handlers[0].supported_types[0]

    def _find(self, kind: type) -> DbTypeHandler | None:
        for handler in self.handlers:
            # The library of a class is loaded: the handlers of others need not load theirs.
            loaded = _LIBRARIES.get(type(handler)) in (None, *sys.modules)
            if loaded and issubclass(kind, tuple(handler.supported_types)):
                return handler
        return None

    def _handler(self, kind: type, done: str) -> DbTypeHandler:
        handler = self._find(kind)
        if handler is not None:
            return handler
        names = [type(each).__name__ for each in self.handlers]
        raise InvalidDefinitionError(
            f"A {kind.__module__}.{kind.__qualname__} cannot be {done} as a table of DuckDB".replace(
                "builtins.", ""
            ),
            subject=kind.__name__,
            found=f"handlers: {', '.join(names)}",
            expected="a data frame of pandas or polars, or an Arrow table, for which there is a handler",
            next_step="give another io_manager_key to this asset, or annotate the input with a frame",
        )

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """A connection to the database, closed at the end."""
        if self.database != MEMORY:
            with connected(self.database, self.connection_config) as connection:
                yield connection
            return
        if self._memory is None:
            self._memory = library("duckdb", "duckdb").connect(MEMORY, config=self.connection_config)
        yield self._memory


def _class(annotation: Any) -> type | None:
    """The class that an annotation asks for; None where it asks for none."""
    if get_origin(annotation) in (Union, UnionType):
        arms = [arm for arm in get_args(annotation) if arm is not type(None)]
        return _class(arms[0]) if len(arms) == 1 else None
    return annotation if isinstance(annotation, type) and annotation not in (Any, object) else None


_LIBRARIES: Mapping[type, str] = {
    DuckDBPandasTypeHandler: "pandas",
    DuckDBPolarsTypeHandler: "polars",
    DuckDBArrowTypeHandler: "pyarrow",
}


@contextmanager
def connected(
    database: str,
    config: Mapping[str, Any],
    *,
    patience: float = PATIENCE,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Any]:
    """A connection to a database file; one that another process has open is waited for.

    Raises:
        StoreError: It cannot be opened, or was not free in time.
    """
    duckdb = library("duckdb", "duckdb")
    waited, pause = 0.0, 0.01
    while True:
        try:
            connection = duckdb.connect(database, config=dict(config))
            break
        except duckdb.IOException as error:
            taken = "lock" in str(error)
            if not taken or waited >= patience:
                raise StoreError(
                    f"The DuckDB database {database} cannot be opened",
                    subject=database,
                    found=f"another process has it open, for {waited:.0f} s" if taken else str(error),
                    expected="a file that this process may open, in a folder that exists",
                    next_step="close the other connection"
                    if taken
                    else "make the folder, or correct database=",
                ) from error
            sleep(pause)
            waited, pause = waited + pause, min(pause * 1.5, 0.25)
    with connection:
        yield connection


class DuckDBResource(ConfigurableResource[Any]):
    """A DuckDB database.

    Example:
        >>> with DuckDBResource(database=":memory:").get_connection() as connection:
        ...     connection.sql("select 1 + 1").fetchall()
        [(2,)]
    """

    database: str = Field(description="File of the database, or :memory:")
    connection_config: dict[str, Any] = Field(default={}, description="Options of the connection")

    @contextmanager
    def get_connection(self) -> Iterator[Any]:
        """A connection, closed at the end; a file that another process has open is waited for."""
        with connected(self.database, self.connection_config) as connection:
            yield connection


class DuckDBIOManager(ConfigurableIOManagerFactory[Any]):
    """Data frames as tables of a DuckDB database: pandas, polars and Arrow, by the annotation.

    The last part of an asset's key is the table. The schema is that of the asset's metadata `schema`, else that given
    here, else the part of the key before the last, else `public`. An asset with partitions says by the metadata
    `partition_expr` which rows they are (of two dimensions, a dict by their names); an input says by the metadata
    `columns` which columns it needs. A folder for the file is made.

    Override `type_handlers` and `default_load_type` for other types.

    Example:
        >>> DuckDBIOManager(database="shop.duckdb", schema="raw").database
        'shop.duckdb'
    """

    database: str = Field(description="File of the database")
    connection_config: dict[str, Any] = Field(default={}, description="Options of the connection")
    schema_: str | None = Field(default=None, alias="schema", description="Schema of the tables")

    @staticmethod
    def type_handlers() -> Sequence[DbTypeHandler]:
        """What it can write and read."""
        return [DuckDBPandasTypeHandler(), DuckDBPolarsTypeHandler(), DuckDBArrowTypeHandler()]

    @staticmethod
    def default_load_type() -> type | None:
        """What an input without an annotation is loaded as; None is what the asset's function says that it returns."""
        return None

    def create_io_manager(self, context: InitResourceContext | None) -> DuckDBTables:
        """The I/O manager of a run."""
        del context
        return _tables(
            self.database,
            self.type_handlers(),
            self.default_load_type(),
            self.schema_,
            self.connection_config,
        )


class DuckDBPandasIOManager(DuckDBIOManager):
    """pandas data frames as tables of a DuckDB database; see `DuckDBIOManager`.

    Example:
        >>> DuckDBPandasIOManager(database="shop.duckdb").database
        'shop.duckdb'
    """

    @staticmethod
    def type_handlers() -> Sequence[DbTypeHandler]:
        """What it can write and read."""
        return [DuckDBPandasTypeHandler()]


class DuckDBPolarsIOManager(DuckDBIOManager):
    """polars data frames as tables of a DuckDB database; see `DuckDBIOManager`.

    Example:
        >>> DuckDBPolarsIOManager(database="shop.duckdb").database
        'shop.duckdb'
    """

    @staticmethod
    def type_handlers() -> Sequence[DbTypeHandler]:
        """What it can write and read."""
        return [DuckDBPolarsTypeHandler()]


def _tables(database: str, *rest: Any) -> DuckDBTables:
    if database != MEMORY and "://" not in database and not database.startswith("md:"):
        Path(database).expanduser().absolute().parent.mkdir(parents=True, exist_ok=True)
    return DuckDBTables(database, *rest)


def build_duckdb_io_manager(
    type_handlers: Sequence[DbTypeHandler], default_load_type: type | None = None
) -> IOManagerDefinition:
    """An I/O manager whose database comes with the run: config `database`, `schema`, `connection_config`.

    Args:
        type_handlers: What it can write and read.
        default_load_type: What an input without an annotation is loaded as.

    Example:
        >>> build_duckdb_io_manager([DuckDBPandasTypeHandler()]).configured({"database": "shop.duckdb"})
        IOManagerDefinition(duckdb_io_manager)
    """

    def duckdb_io_manager(context: InitResourceContext) -> DuckDBTables:
        config = context.resource_config
        schema, options = config.get("schema"), config.get("connection_config")
        return _tables(config["database"], type_handlers, default_load_type, schema, options)

    schema = {"database": str, "schema": str | None, "connection_config": dict[str, Any] | None}
    return IOManagerDefinition(duckdb_io_manager, schema)


duckdb_pandas_io_manager = build_duckdb_io_manager([DuckDBPandasTypeHandler()])
duckdb_polars_io_manager = build_duckdb_io_manager([DuckDBPolarsTypeHandler()])
