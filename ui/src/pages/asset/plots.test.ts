import { expect, test } from "vitest";
import type { MetricPoint, VersionRow } from "../../api/schema";
import { axesOf, dateOf, drawnOn, idOf, isNumber, labelsOf, placeOf, valueSeries } from "./plots";

const point = (number: number, value: MetricPoint["value"], partition: string | null = null): MetricPoint => ({ number, partition, at: number * 1e6, value });

test("a point knows its version", () => {
  for (const place of [{ number: 3, partition: null }, { number: 1, partition: "eu west 1" }]) expect(placeOf(idOf(place))).toEqual(place);
});

test("along versions and along time", () => {
  const series = { label: "r2", points: [point(1, 0.5), point(2, "NaN"), point(3, "Infinity")] };
  expect(drawnOn("version", series).points.map(({ x, y }) => [x, y])).toEqual([[1, 0.5], [2, Number.NaN], [3, Number.POSITIVE_INFINITY]]);
  expect(drawnOn("time", series).points.map(({ x }) => x)).toEqual([1000, 2000, 3000]);
});

test("along partitions the newest version of each counts, in the order of their dates", () => {
  const series = { label: "n", points: [point(1, 7, "2026-01-02"), point(1, 5, "2026-01-01"), point(2, 6, "2026-01-02"), point(1, 9, "eu")] };
  const { points } = drawnOn("partition", series);
  expect(points.map(({ y, id }) => [y, id])).toEqual([[5, "1 2026-01-01"], [6, "2 2026-01-02"]]);
});

test.each([["2026-01-05", true], ["2026-01-05-13:00", true], ["2026-01-05T13:00", true], ["2026-01", true], ["eu", false], ["2026", false], [null, false]])(
  "%s is a date: %s",
  (partition, is) => expect(dateOf(partition) !== undefined).toBe(is),
);

test("the axes that make sense", () => {
  const dated = [{ label: "n", points: [point(1, 1, "2026-01-01")] }];
  expect(axesOf(dated, true)).toEqual(["partition", "time"]);
  expect(axesOf([{ label: "n", points: [point(1, 1, "eu")] }], true)).toEqual(["time"]);
  expect(axesOf(dated, false)).toEqual(["version", "time"]);
});

test("labels from the address are those that there are", () => {
  expect(labelsOf('["b","x","a"]', ["a", "b"])).toEqual(["a", "b"]);
  expect(labelsOf("nonsense", ["a"])).toEqual([]);
  expect(labelsOf(null, ["a"])).toEqual([]);
});

test("values that are numbers are a series themselves", () => {
  const row = (number: number, summary: string | null) => ({ number, summary, partition: null, made_at: number * 1e6 }) as VersionRow;
  const { points } = valueSeries([row(5, "nan"), row(4, "1,200"), row(3, null), row(2, "DataFrame"), row(1, "-0.5")]);
  expect(points.map(({ number, value }) => [number, value])).toEqual([[1, -0.5], [4, 1200], [5, "NaN"]]);
  expect(isNumber({ kind: "scalar", type: "float", summary: "0.4", value: 0.4 })).toBe(true);
  expect(isNumber({ kind: "scalar", type: "NoneType", summary: "None", value: null })).toBe(false);
  expect(isNumber({ kind: "text", type: "str", summary: "4", text: "4" })).toBe(false);
});
