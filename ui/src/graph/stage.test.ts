import { describe, expect, it } from "vitest";
import { uncovered } from "./stage";

const view = { width: 100, height: 80 };

describe("what a moved picture uncovers", () => {
  it("is nothing without a move", () => {
    expect(uncovered(view, 0, 0, 0.5)).toEqual([]);
  });

  it("is a strip at the side that it came from, a pixel wider than the move", () => {
    expect(uncovered(view, 10, 0, 0.5)).toEqual([{ x: 0, y: 0, width: 10.5, height: 80 }]);
    expect(uncovered(view, 0, -4, 1)).toEqual([{ x: 0, y: 75, width: 100, height: 5 }]);
    expect(uncovered(view, -3, 2, 1).length).toBe(2);
  });
});
