import { describe, expect, it } from "vitest";
import { numberText, padded, ticks, timeTicks, toPixel, toValue } from "./scale";
import { extentOf, nearestIndex, type Point, runsOf, thinned } from "./series";

const points = (...values: number[]): Point[] => values.map((y, x) => ({ x, y, id: String(x) }));

describe("series", () => {
  it("break at NaN and infinities", () => {
    const runs = runsOf(points(1, Number.NaN, 2, 3, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY));
    expect(runs.map((run) => run.map((point) => point.y))).toEqual([[1], [2, 3]]);
    expect(runsOf(points(Number.NaN))).toEqual([]);
  });

  it("are as wide as their finite values", () => {
    const extent = extentOf([{ id: "a", name: "a", points: points(1, Number.NaN, 5, Number.POSITIVE_INFINITY) }]);
    expect(extent).toEqual({ x: [0, 3], y: [1, 5] });
    expect(extentOf([])).toEqual({ x: [0, 1], y: [0, 1] });
  });

  it("keep their peaks when they are thinned", () => {
    const many = points(...Array.from({ length: 10_000 }, (_, at) => (at === 5_003 ? 99 : at === 7_001 ? -99 : Math.sin(at))));
    const few = thinned(many, 200);
    expect(few.length).toBeLessThanOrEqual(808);
    expect(few.some((point) => point.y === 99)).toBe(true);
    expect(few.some((point) => point.y === -99)).toBe(true);
    expect(few.every((point, at) => at === 0 || point.x > (few[at - 1]?.x ?? 0))).toBe(true);
    expect(thinned(points(1, 2), 200).length).toBe(2);
  });

  it("find the nearest point", () => {
    const some = [0, 10, 11, 40].map((x) => ({ x, y: 0, id: "" }));
    expect([-5, 4, 6, 10.6, 30, 99].map((x) => nearestIndex(some, x))).toEqual([0, 0, 1, 2, 3, 3]);
    expect(nearestIndex([], 3)).toBe(-1);
  });
});

describe("axes", () => {
  it("lead there and back", () => {
    const scale = { from: -3, to: 9, start: 200, end: 10 };
    expect(toValue(scale, toPixel(scale, 4.2))).toBeCloseTo(4.2);
    expect(toPixel(scale, 9)).toBe(10);
  });

  it("have round numbers", () => {
    expect(ticks(0.17, 0.39, 4)).toEqual([0.2, 0.25, 0.3, 0.35]);
    expect(ticks(1, 9, 4, true)).toEqual([2, 4, 6, 8]);
    expect(ticks(3, 3, 4)).toEqual([3]);
    expect(ticks(1, 2, 8, true)).toEqual([1, 2]);
  });

  it("have round times", () => {
    const start = new Date(2026, 10, 1).getTime();
    const days = timeTicks(start, start + 6 * 86_400_000, 7);
    expect(days.length).toBe(7);
    expect(days[0]?.at).toBe(start);
    expect(timeTicks(start, start + 3_600_000, 6).length).toBeLessThanOrEqual(6);
  });

  it("leave room, also around a single value", () => {
    expect(padded([0, 10], 0.1)).toEqual([-1, 11]);
    expect(padded([5, 5], 0.1)).toEqual([4.5, 5.5]);
    expect(padded([0, 0], 0.1)).toEqual([-1, 1]);
  });

  it("write numbers in few characters", () => {
    expect([0.41234, -3.2, 12_345.6, 1_234_567, 5e9, 3.4e-7, 0].map((value) => numberText(value))).toEqual([
      "0.4123", "−3.2", "12,346", "1.23 M", "5 G", "3.40e-7", "0",
    ]);
    expect([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) => numberText(value))).toEqual(["NaN", "∞", "−∞"]);
  });
});
