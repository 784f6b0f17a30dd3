import { expect, test } from "vitest";
import { metricName, percentOf, timedSteps } from "./compare";

const change = (name: string, before: unknown, after: unknown, delta: number | null = null) => ({ name, before, after, delta });

test("steps come by how much they differ; what only one of them ran comes last", () => {
  const steps = timedSteps([change("gone", 1, null), change("near", 1, 1.01), change("slow", 1, 3), change("fast", 2, 1.5)]);
  expect(steps.map(({ name, trend }) => [name, trend])).toEqual([
    ["slow", "slower"],
    ["fast", "faster"],
    ["near", "same"],
    ["gone", "only before"],
  ]);
});

test("a millisecond more of a short step is no difference", () => {
  expect(timedSteps([change("a", 0.001, 0.02)])[0]?.trend).toBe("same");
});

test("names of metrics come apart at the first colon", () => {
  expect(metricName("model: r2: test")).toEqual({ asset: "model", label: "r2: test" });
});

test("a share of nothing is not told", () => {
  expect(percentOf(change("a", 0, 1, 1))).toBeUndefined();
  expect(percentOf(change("a", -2, -1, 1))).toBe(50);
});
