import { describe, expect, it } from "vitest";
import { clamped, heightsOf, isScaled, keyStep, lastPosition, MOST, positionOf, rowsAt, scrollOf } from "./window";

const short = { count: 1_000, rowHeight: 20, view: 400 };
const long = { count: 10_000_000, rowHeight: 20, view: 400 };

describe("a list that a browser can scroll", () => {
  it("stands where its scroll bar stands", () => {
    expect(isScaled(short)).toBe(false);
    expect(positionOf(1_234, short)).toBe(1_234);
    expect(heightsOf(short).scrolled).toBe(20_000);
  });

  it("has the rows in view, and some to spare", () => {
    expect(rowsAt(0, short, 3)).toEqual({ first: 0, end: 23, top: 0 });
    expect(rowsAt(1_010, short, 2)).toEqual({ first: 48, end: 73, top: -50 });
    expect(rowsAt(lastPosition(short), short, 5).end).toBe(1_000);
    expect(rowsAt(0, { ...short, count: 0 }, 5)).toEqual({ first: 0, end: 0, top: 0 });
  });
});

describe("a list higher than browsers scroll", () => {
  it("reaches its first and its last row", () => {
    expect(isScaled(long)).toBe(true);
    expect(heightsOf(long)).toEqual({ total: 200_000_000, scrolled: MOST });
    expect(positionOf(0, long)).toBe(0);
    expect(positionOf(MOST - long.view, long)).toBe(lastPosition(long));
    expect(scrollOf(lastPosition(long), long)).toBe(MOST - long.view);
    expect(rowsAt(lastPosition(long), long, 0).end).toBe(10_000_000);
  });

  it("comes back to the same place within what a pixel stands for", () => {
    for (const position of [0, 1, 12_345, 99_999_999, lastPosition(long)]) {
      expect(Math.abs(positionOf(scrollOf(position, long), long) - position)).toBeLessThan(long.count * long.rowHeight / MOST);
    }
  });
});

describe("keys", () => {
  it("move by rows, pages and to the ends", () => {
    expect(keyStep("ArrowDown", short)).toBe(20);
    expect(keyStep("PageUp", short)).toBe(-380);
    expect(clamped(50 + (keyStep("End", short) ?? 0), short)).toBe(lastPosition(short));
    expect(keyStep("a", short)).toBeUndefined();
  });
});
