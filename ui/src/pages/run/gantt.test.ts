import { expect, test } from "vitest";
import { barsOf, lengthOf, retriesOf, tickStep, tickText } from "./gantt";
import { eventOf, stepOf } from "./samples.test.data";

const S = 1e6;

test("a step that waited for nothing has one bar", () => {
  const [bar] = barsOf([stepOf("a", { status: "succeeded", started_at: 10 * S, finished_at: 12 * S })], 10 * S, new Map());
  expect(bar).toMatchObject({ ready: undefined, mark: undefined, attempts: [{ start: 0, end: 2, isLast: true }] });
});

test("waiting begins when the last of what it needs is there", () => {
  const rows = [
    stepOf("a", { status: "succeeded", started_at: 0, finished_at: S }),
    stepOf("b", { status: "succeeded", started_at: 0, finished_at: 2 * S }),
    stepOf("c", { status: "started", started_at: 3 * S, deps: ["a", "b"] }),
  ];
  expect(barsOf(rows, 0, new Map())[2]).toMatchObject({ ready: 2, attempts: [{ start: 3, end: undefined }] });
});

test("each failed attempt has a bar of its own, with the pause behind it", () => {
  const retries = retriesOf([eventOf("step_started", "a", 0), eventOf("step_retrying", "a", S, { data: { wait: 0.5 } })]);
  const row = stepOf("a", { status: "succeeded", attempt: 2, started_at: 0, finished_at: 3 * S });
  expect(barsOf([row], 0, retries)[0]?.attempts).toEqual([
    { start: 0, end: 1, isLast: false },
    { start: 1.5, end: 3, isLast: true },
  ]);
  expect(barsOf([{ ...row, status: "retrying", finished_at: null }], 0, retries)[0]?.attempts).toHaveLength(1);
});

test("what ended without running is a mark", () => {
  expect(barsOf([stepOf("a", { status: "blocked", finished_at: 4 * S })], 0, new Map())[0]).toMatchObject({ mark: 4, attempts: [] });
});

test("the axis has room ahead while the run goes on", () => {
  expect(lengthOf(100, true)).toBeGreaterThan(105);
  expect(lengthOf(0, true)).toBe(2);
  expect(lengthOf(100, false)).toBeLessThan(105);
});

test("marks are round, of one unit, and few", () => {
  for (const length of [0.004, 0.3, 1, 7, 59, 61, 4000, 90_000, 5_000_000]) expect(length / tickStep(length, 10)).toBeLessThanOrEqual(10);
  expect([0, 0.5, 1].map((at) => tickText(at, 0.5))).toEqual(["0", "0.5 s", "1 s"]);
  expect(tickText(0.02, 0.02)).toBe("20 ms");
  expect(tickText(90, 30)).toBe("1:30");
  expect(tickText(3720, 60)).toBe("1:02:00");
});
