import { describe, expect, it } from "vitest";
import { generated, random } from "../../dev/graphs";
import { BULGE, Grid } from "./culling";
import { layout } from "./layout";
import { CARD } from "./model";
import { requestOf, sceneOf } from "./scene";

const sample = generated(800, 20);
const placed = layout(requestOf(sceneOf(sample.nodes, sample.edges, sample.groups, new Set()), 1.5));
const grid = new Grid(placed);
const draw = random(5);
const areas = Array.from({ length: 60 }, () => ({
  x: draw() * placed.width - 200,
  y: draw() * placed.height - 200,
  width: draw() * 2_000,
  height: draw() * 1_500,
}));

describe("grid", () => {
  it("finds the cards in a rectangle: those that a look at each of them finds", () => {
    for (const area of areas) {
      const expected = [...placed.x.keys()].filter((card) => {
        const x = placed.x[card] ?? 0;
        const y = placed.y[card] ?? 0;
        return x <= area.x + area.width && x + CARD.width >= area.x && y <= area.y + area.height && y + CARD.height >= area.y;
      });
      expect(grid.cardsIn(area)).toEqual(expected);
    }
  });

  it("finds each link that has a way point in a rectangle, once", () => {
    for (const area of areas) {
      const found = grid.linksIn(area);
      expect(new Set(found).size).toBe(found.length);
      for (let link = 0; link + 1 < placed.starts.length; link++) {
        for (let at = placed.starts[link] ?? 0; at < (placed.starts[link + 1] ?? 0); at += 2) {
          const x = placed.points[at] ?? 0;
          const y = placed.points[at + 1] ?? 0;
          const isIn = x >= area.x && x <= area.x + area.width && y >= area.y && y <= area.y + area.height;
          if (isIn) expect(found).toContain(link);
        }
      }
    }
  });

  it("finds the card at a point, and none between cards", () => {
    const at = { x: placed.x[17] ?? 0, y: placed.y[17] ?? 0 };
    expect(grid.cardAt(at.x + 5, at.y + 5)).toBe(17);
    expect(grid.cardAt(-500, -500)).toBe(-1);
    expect(BULGE).toBeGreaterThan(0);
  });
});
