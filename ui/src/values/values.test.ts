import { expect, test } from "vitest";
import type { MetadataEntry } from "../api/schema";
import { barsOf } from "./histogram";
import { lineOf } from "./json";
import { artifactName, inOrder, isWide, safeLink } from "./metadata";
import { isNumeric, tableOfPreview, tableOfRecords, tableOfRows } from "./table";

const entry = (type: string, value: unknown, number: number | null = null): MetadataEntry => ({ label: type, type, value, number });

test("a table of a preview says how much of it is missing", () => {
  const table = tableOfPreview({ columns: [{ name: "a", type: "int64" }], rows: [[1], ["NaN"]], shape: [200, 5] });
  expect(table).toMatchObject({ columns: [{ name: "a", type: "int64" }], rows: [[1], ["NaN"]], shape: [200, 5] });
  expect(isNumeric(table, 0)).toBe(true);
});

test("records are laid out in the order of their schema", () => {
  const value = { records: [{ b: 2, a: "x" }, { a: "y" }], schema: { columns: [{ name: "a", type: "string" }, { name: "b", type: "int" }] } };
  const table = tableOfRecords(value);
  expect(table.rows).toEqual([["x", 2], ["y", undefined]]);
  expect([isNumeric(table, 0), isNumeric(table, 1)]).toEqual([false, true]);
  expect(tableOfRecords({ records: [{ a: 1 }, { b: 2 }] }).columns.map((column) => column.name)).toEqual(["a", "b"]);
});

test("what has another form than its kind says is an empty table", () => {
  for (const value of [null, 3, "x", [], { records: 3, schema: "x" }]) expect(tableOfRecords(value).rows).toEqual([]);
  expect(tableOfRows([[1, 2], 3]).columns.map((column) => column.name)).toEqual(["0", "1"]);
});

test("bars fill the box, and one of a single element can be seen", () => {
  const bars = barsOf([0, 1, 2, 4], [1_000, 1, 0], 100, 50);
  expect(bars.map(({ height }) => height)).toEqual([50, 1, 0]);
  expect(bars.map(({ x }) => x)).toEqual([0, 25, 50]);
  expect(barsOf([], [3], 100, 50)).toEqual([]);
});

test("only web addresses are links", () => {
  for (const good of ["https://example.com/a?b#c", "http://x", "mailto:a@b.c", " https://x "]) expect(safeLink(good)).toBe(good.trim());
  for (const bad of ["javascript:alert(1)", "data:text/html,x", "//x", "/etc/passwd", "java\nscript:x", "vbscript:x", 3, null]) expect(safeLink(bad)).toBeUndefined();
});

test("numbers come first, what takes room last", () => {
  const entries = [entry("md", "# x"), entry("text", "short"), entry("float", 0.5, 0.5), entry("json", { a: 1 })];
  expect(inOrder(entries).map(({ type }) => type)).toEqual(["float", "text", "md", "json"]);
});

test("texts of several lines and nested JSON take room", () => {
  expect(isWide(entry("text", "a\nb"))).toBe(true);
  expect(isWide(entry("json", [1]))).toBe(true);
  expect(isWide(entry("json", []))).toBe(false);
  expect(isWide(entry("json", 3))).toBe(false);
});

test("values in one line", () => {
  expect([lineOf("a\n  b"), lineOf({ a: [1] }), lineOf(undefined), lineOf("x".repeat(9), 5)]).toEqual(["a b", '{"a":[1]}', "", "xxxx…"]);
  expect(artifactName({ module: "m", name: "f" })).toBe("m.f");
});
