import { describe, expect, it } from "vitest";
import { acyclic, knotsOf } from "./cycles";

const links = (text: string) => text.split(" ").map((pair) => ({ from: Number(pair[0]), to: Number(pair[1]) }));

describe("knots", () => {
  it("are the cycles that hang together", () => {
    const knots = knotsOf(6, links("01 12 20 23 34 43 45"));
    expect(new Set([knots[0], knots[1], knots[2]]).size).toBe(1);
    expect(knots[3]).toBe(knots[4]);
    expect(new Set(knots).size).toBe(3);
  });

  it("are single items in a graph without cycles, however deep", () => {
    const chain = Array.from({ length: 50_000 }, (_, from) => ({ from, to: from + 1 }));
    expect(new Set(knotsOf(50_001, chain)).size).toBe(50_001);
  });
});

describe("acyclic", () => {
  it("leaves links alone that close no cycle", () => {
    expect(acyclic([{}, {}, {}], links("01 12 02"))).toEqual(links("01 12 02"));
  });

  it("lets depth decide in a knot, and equal depth nothing", () => {
    const boxes = [{ rank: 0 }, { rank: 3 }, { rank: 3.2 }];
    expect(acyclic(boxes, links("01 10 12 21"))).toEqual(links("01 01"));
  });
});
