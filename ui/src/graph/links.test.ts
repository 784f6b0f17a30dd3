import { describe, expect, it } from "vitest";
import { traceHead, traceLink } from "./links";
import type { Layout } from "./model";

function traced(points: readonly number[], direction: "right" | "down", trace: typeof traceLink = traceLink): string[] {
  const steps: string[] = [];
  const note = (name: string) => (...numbers: number[]) => void steps.push(`${name} ${numbers.join(" ")}`);
  const path = { moveTo: note("M"), lineTo: note("L"), bezierCurveTo: note("C") };
  const starts = Uint32Array.from([0, points.length]);
  trace(path, { points: Float32Array.from(points), starts, direction } as unknown as Layout, 0);
  return steps;
}

describe("a link", () => {
  it("leaves and arrives along the flow", () => {
    expect(traced([0, 0, 100, 50], "right")).toEqual(["M 0 0", "C 56 0 44 50 100 50"].map((step) => expect.stringMatching(new RegExp(`^${step.slice(0, 3)}`))));
    expect(traced([0, 0, 50, 100], "down")[1]).toMatch(/^C 0 5\d.* 50 4\d.* 50 100$/);
  });

  it("is straight where nothing lies aside", () => {
    expect(traced([0, 10, 100, 10], "right")).toEqual(["M 0 10", "L 100 10"]);
  });

  it("bulges where it leads back", () => {
    expect(traced([100, 0, 0, 80], "right")[1]).toBe("C 144 0 -44 80 0 80");
  });

  it("ends in a head that points along the flow", () => {
    const head = (path: Parameters<typeof traceLink>[0], layout: Layout, index: number) => traceHead(path, layout, index, 10);
    expect(traced([0, 0, 50, 100], "down", head)).toEqual(["M 50 100", "L 44.5 90", "L 55.5 90", "L 50 100"]);
  });
});
