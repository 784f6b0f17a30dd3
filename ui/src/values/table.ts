/** Tables of previews and of metadata, in one form. */

import { entriesOf, isFields, itemsOf, numbersOf, textOf } from "./json";

export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly description?: string | undefined;
}

export interface TableData {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly unknown[])[];
  /** Rows and columns of the whole, where only a part is here. */
  readonly shape?: readonly number[] | undefined;
}

function columnOf(column: unknown): TableColumn {
  const fields = isFields(column) ? column : {};
  return { name: textOf(fields.name) ?? "", type: textOf(fields.type) ?? "", description: textOf(fields.description) };
}

/** The columns of a table schema. */
export function columnsOf(schema: unknown): readonly TableColumn[] {
  return isFields(schema) ? itemsOf(schema.columns).map(columnOf) : [];
}

/** A preview's table: rows are lists in the order of the columns. */
export function tableOfPreview(preview: Readonly<Record<string, unknown>>): TableData {
  return { columns: itemsOf(preview.columns).map(columnOf), rows: itemsOf(preview.rows).map(itemsOf), shape: numbersOf(preview.shape) };
}

/** Metadata of kind `table`: records by column. */
export function tableOfRecords(value: unknown): TableData {
  const fields = isFields(value) ? value : {};
  const records = itemsOf(fields.records);
  const said = columnsOf(fields.schema);
  const names = said.length > 0 ? said.map((column) => column.name) : [...new Set(records.flatMap((record) => entriesOf(record).map(([name]) => name)))];
  return {
    columns: said.length > 0 ? said : names.map((name) => ({ name, type: "" })),
    rows: records.map((record) => names.map((name) => (isFields(record) ? record[name] : undefined))),
  };
}

/** Rows of numbers without names, as of a small array: columns are counted. */
export function tableOfRows(rows: unknown): TableData {
  const lists = itemsOf(rows).map(itemsOf);
  const width = Math.max(0, ...lists.map((row) => row.length));
  return { columns: Array.from({ length: width }, (_, at) => ({ name: String(at), type: "" })), rows: lists };
}

const NOT_FINITE = new Set(["NaN", "Infinity", "-Infinity"]);

/** Whether a column holds numbers, so that it is set flush right. */
export function isNumeric(table: TableData, column: number): boolean {
  const cells = table.rows.map((row) => row[column]).filter((cell) => cell !== null && cell !== undefined);
  return cells.length > 0 && cells.every((cell) => typeof cell === "number" || NOT_FINITE.has(String(cell)));
}
