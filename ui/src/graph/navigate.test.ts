import { describe, expect, it } from "vitest";
import { guide } from "../../dev/graphs";
import { layout } from "./layout";
import { stepFrom } from "./navigate";
import { requestOf, sceneOf } from "./scene";

const sample = guide();
const scene = sceneOf(sample.nodes, sample.edges, sample.groups, new Set());
const placed = layout(requestOf(scene, 1.5));
const walk = (start: string, ...arrows: ("left" | "right" | "up" | "down")[]): string | undefined =>
  scene.cards[arrows.reduce((card, arrow) => stepFrom(card, arrow, placed, scene.links), scene.index.get(start) ?? -1)]?.id;

describe("arrow keys", () => {
  it("follow links along the flow", () => {
    expect(placed.direction).toBe("down");
    expect(walk("hackernews_stories", "down", "up")).toBe("hackernews_stories");
    expect(["training_data", "test_data"]).toContain(walk("hackernews_stories", "down"));
    expect(walk("model_card", "up", "down")).toBe("model_card");
  });

  it("lead to neighbours across it", () => {
    expect(walk("training_data", "right")).toBe("test_data");
    expect(walk("training_data", "right", "left")).toBe("training_data");
  });

  it("lead nowhere from an edge", () => {
    expect(stepFrom(scene.index.get("model_card") ?? -1, "down", placed, scene.links)).toBe(-1);
  });

  it("reach every card", () => {
    const seen = new Set<number>([0]);
    const open = [0];
    for (let card = open.pop(); card !== undefined; card = open.pop()) {
      for (const arrow of ["left", "right", "up", "down"] as const) {
        const next = stepFrom(card, arrow, placed, scene.links);
        if (next >= 0 && !seen.has(next)) {
          seen.add(next);
          open.push(next);
        }
      }
    }
    expect(seen.size).toBe(scene.cards.length);
  });
});
