import { expect, test } from "vitest";
import type { PartitionStretch } from "../../api/schema";
import { partitionsIn, rangeOf, segmentsOf, toggled } from "./strip";

const stretch = (count: number, first = "a", last = "b"): PartitionStretch => ({ first, last, count, status: "fresh" });
const widths = (counts: readonly number[], least: number) => segmentsOf(counts.map((count) => stretch(count)), least).map(({ width }) => width);

test("stretches are as wide as they are long, and fill the line", () => {
  expect(widths([1, 3], 0)).toEqual([0.25, 0.75]);
  expect(segmentsOf([stretch(1), stretch(3)], 0).map(({ start }) => start)).toEqual([0, 0.25]);
});

test("a single partition among many can be seen", () => {
  const found = widths([5_000, 1, 4_999], 0.01);
  expect(found[1]).toBe(0.01);
  expect(found.reduce((sum, width) => sum + width, 0)).toBeCloseTo(1);
});

test("more stretches than there is room for share it", () => {
  const found = widths(Array.from({ length: 500 }, () => 1), 0.01);
  expect(found.reduce((sum, width) => sum + width, 0)).toBeCloseTo(1);
  expect(segmentsOf([], 0.01)).toEqual([]);
});

test("ranges are chosen and taken back", () => {
  expect(rangeOf(stretch(1, "x", "x"))).toBe("x");
  expect(rangeOf(stretch(3, "x", "z"))).toBe("x...z");
  expect(toggled("", "a...b")).toBe("a...b");
  expect(toggled("a...b, c", "a...b")).toBe("c");
  expect(partitionsIn(" a ,\nb,, a")).toEqual(["a", "b"]);
});
