import { describe, expect, it } from "vitest";
import { columnsOf } from "./columns";
import { spread } from "./heights";
import { layered } from "./layered";

const link = (from: number, to: number) => ({ from, to, channel: from, fromPort: 0, toPort: 0 });
const card = { width: 100, height: 40 };
const gaps = { x: 50, y: 10 };

describe("columns", () => {
  it("are as far right as the longest way, and sources as near as they can be", () => {
    // 0 → 1 → 2 → 3, and 4 → 3: four is needed only by three.
    const column = columnsOf([card, card, card, card, card], [link(0, 1), link(1, 2), link(2, 3), link(4, 3)]);
    expect([...column]).toEqual([0, 1, 2, 3, 2]);
  });

  it("begin and end with what is pinned there", () => {
    const items = [card, { ...card, pin: "last" as const }, { ...card, pin: "first" as const }, card];
    expect([...columnsOf(items, [link(2, 0), link(0, 1), link(0, 3)])]).toEqual([1, 3, 0, 2]);
  });
});

describe("heights", () => {
  it("are as wanted where there is room, and moved together where there is none", () => {
    expect(spread([0, 100], [1, 1], () => 50)).toEqual([0, 100]);
    expect(spread([0, 0, 0], [1, 1, 1], () => 50)).toEqual([-50, 0, 50]);
    expect(spread([0, 0], [3, 1], () => 40)).toEqual([-10, 30]);
    expect(spread([], [], () => 1)).toEqual([]);
  });
});

describe("one level", () => {
  it("makes a chain straight", () => {
    const placed = layered([card, card, card], [link(0, 1), link(1, 2)], gaps);
    expect(new Set(placed.y).size).toBe(1);
    expect(placed.x[2]).toBeGreaterThan((placed.x[1] ?? 0) + card.width);
  });

  it("uncrosses what need not cross", () => {
    const placed = layered([card, card, card, card], [link(0, 3), link(1, 2)], gaps);
    expect(Math.sign((placed.y[0] ?? 0) - (placed.y[1] ?? 0))).toBe(Math.sign((placed.y[3] ?? 0) - (placed.y[2] ?? 0)));
  });

  it("gives a link that passes a column a lane beside its cards", () => {
    const placed = layered([card, card, card], [link(0, 1), link(1, 2), link(0, 2)], gaps);
    const [left, right, height] = placed.lanes[2] ?? [];
    expect([left, right]).toEqual([placed.x[1], (placed.x[1] ?? 0) + card.width]);
    expect(Math.abs((height ?? 0) - (placed.y[1] ?? 0))).toBeGreaterThan(card.height / 2);
  });

  it("lets links of one source share their lane", () => {
    const items = [card, card, card, card];
    const placed = layered(items, [link(0, 1), link(1, 2), link(1, 3), link(0, 2), link(0, 3)], gaps);
    expect(placed.lanes[3]).toEqual(placed.lanes[4]);
  });
});
