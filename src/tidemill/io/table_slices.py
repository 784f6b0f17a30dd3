"""Which table of a database an asset is, and which of its rows a partition is: pure text of SQL.

asset key `shop/orders`      ──▶ table orders in schema shop        (metadata `schema`, `columns`)
partition 2024-05-01         ──▶ rows where partition_expr lies in that day      (metadata `partition_expr`)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tidemill.core.errors import InvalidDefinitionError
from tidemill.io.contexts import InputContext, ValueContext

PUBLIC = "public"
EXPRESSION = "partition_expr"


class TableSlice(NamedTuple):
    """A table, or some columns and rows of one.

    Attributes:
        where: Which rows, as a condition; all where it is empty.
        partitioned: Whether the rows are those of partitions, and the table has others.
    """

    schema: str
    table: str
    columns: tuple[str, ...] = ()
    where: str = ""
    partitioned: bool = False

    @property
    def name(self) -> str:
        """Schema and table, quoted."""
        return f"{quoted(self.schema)}.{quoted(self.table)}"

    @property
    def query(self) -> str:
        """What selects it."""
        columns = ", ".join(map(quoted, self.columns)) or "*"
        where = f" WHERE {self.where}" if self.where else ""
        return f"SELECT {columns} FROM {self.name}{where}"  # noqa: S608  (names are quoted)


def table_slice(context: ValueContext, schema: str | None) -> TableSlice:
    """The table that a value is, with the rows and columns that are meant.

    Args:
        context: Of the value.
        schema: Where nothing else says one.

    Raises:
        InvalidDefinitionError: It has partitions, and nothing says which rows they are.
    """
    written = context.upstream_output if isinstance(context, InputContext) else context
    said: Mapping[str, Any] = written.definition_metadata if written is not None else {}
    columns = context.definition_metadata.get("columns") if isinstance(context, InputContext) else None
    parts = context.asset_key.parts if context.has_asset_key else (PUBLIC, (written or context).name)
    schema = said.get("schema") or schema or (parts[-2] if len(parts) > 1 else PUBLIC)
    where, partitioned = "", context.has_asset_key and context.has_asset_partitions
    if partitioned:
        expression = said.get(EXPRESSION)
        if expression is None:
            raise _no_expression(context)
        where = rows_of(context, expression)
    return TableSlice(str(schema), parts[-1], tuple(columns or ()), where, partitioned)


def rows_of(context: ValueContext, expression: Any) -> str:
    """Which rows the partitions of a context are, as a condition.

    Args:
        context: Of the value.
        expression: SQL of what says a row's partition; of two dimensions, a dict of them by name.
    """
    partitions: Any = context.asset_partitions_def if context.has_partitions_def else None
    keys = context.asset_partition_keys
    if not keys:
        return "FALSE"
    dimensions = getattr(partitions, "dimensions", None)
    if dimensions is None:
        return _rows(partitions, keys, _text(context, expression))
    if not isinstance(expression, Mapping) or any(each.name not in expression for each in dimensions):
        raise _no_expression(context, [each.name for each in dimensions], expression)
    split = [partitions.key_of(key).keys_by_dimension for key in keys]
    by_name = {each.name: list(dict.fromkeys(key[each.name] for key in split)) for each in dimensions}
    whole = 1
    for each in by_name.values():
        whole *= len(each)
    # Not every combination of their keys need be meant.
    groups = [by_name] if whole == len(split) else [{name: [k] for name, k in key.items()} for key in split]
    definitions = {each.name: each.partitions_def for each in dimensions}
    return _either(
        " AND ".join(_rows(definitions[name], keys, expression[name]) for name, keys in group.items())
        for group in groups
    )


def _rows(partitions: Any, keys: Sequence[str], expression: str) -> str:
    window_of = getattr(partitions, "time_window_for_partition_key", None)
    if window_of is None:
        return f"{expression} IN ({', '.join(literal(key) for key in keys)})"
    windows: list[tuple[Any, Any]] = []
    for start, end in sorted(window_of(key) for key in keys):
        if windows and windows[-1][1] == start:
            windows[-1] = windows[-1][0], end
        else:
            windows.append((start, end))
    return _either(
        f"{expression} >= {_moment(start)} AND {expression} < {_moment(end)}" for start, end in windows
    )


def _either(conditions: Iterable[str]) -> str:
    found = list(conditions)
    return found[0] if len(found) == 1 else " OR ".join(f"({each})" for each in found)


def _moment(when: Any) -> str:
    # In the partitions' own zone, as the rows are: most tables hold times without one.
    return literal(when.strftime("%Y-%m-%d %H:%M:%S"))


def literal(text: str) -> str:
    """A text in SQL."""
    return "'" + str(text).replace("'", "''") + "'"


def quoted(name: str) -> str:
    """A name in SQL: quoted where it need be."""
    plain = name.replace("_", "a").isalnum() and name.isascii() and not name[0].isdigit()
    return name if plain and f" {name.lower()} " not in _RESERVED else '"' + name.replace('"', '""') + '"'


_RESERVED = (
    " all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create default"
    " deferrable desc distinct do else end except false fetch for foreign from group having in initially intersect into"
    " lambda lateral leading limit not null offset on only or order pivot placing primary qualify references returning"
    " select show some summarize symmetric table then to trailing true union unique unpivot using variadic when where"
    " window with "
)


def _text(context: ValueContext, expression: Any) -> str:
    if isinstance(expression, str):
        return expression
    raise _no_expression(context, found=expression)


def _no_expression(
    context: ValueContext, dimensions: Sequence[str] = (), found: Any = None
) -> InvalidDefinitionError:
    name = context.asset_key.to_user_string()
    example = (
        "{" + ", ".join(f"{each!r}: 'column'" for each in dimensions) + "}" if dimensions else "'column'"
    )
    return InvalidDefinitionError(
        f"Asset {name!r} has partitions, and its metadata does not say which rows of its table they are",
        subject=name,
        found=f"no {EXPRESSION!r}" if found is None else f"{EXPRESSION!r}: {found!r}",
        expected="SQL of what says a row's partition" + (", for each dimension" if dimensions else ""),
        next_step=f"@asset(metadata={{{EXPRESSION!r}: {example}}})",
    )
