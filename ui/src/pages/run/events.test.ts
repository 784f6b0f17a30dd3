import { expect, test } from "vitest";
import { runAfter, stepsAfter } from "./events";
import { eventOf, runOf, stepOf } from "./samples.test.data";

test("a step begins, fails, begins again and succeeds", () => {
  const facts = [
    eventOf("step_started", "a", 1),
    eventOf("step_retrying", "a", 2),
    eventOf("step_started", "a", 3, { attempt: 2 }),
    eventOf("step_succeeded", "a", 4, { attempt: 2, data: { seconds: 1, memory: 7 } }),
  ];
  const states = facts.map((_, end) => stepsAfter([stepOf("a")], facts.slice(0, end + 1))[0]);
  expect(states.map((row) => row?.status)).toEqual(["started", "retrying", "started", "succeeded"]);
  expect(states.at(-1)).toMatchObject({ attempt: 2, started_at: 1, finished_at: 4, seconds: 1, memory: 7 });
});

test("why a step was reused is told at once", () => {
  const [row] = stepsAfter([stepOf("a")], [eventOf("step_reused", "a", 1, { data: { reason: "nothing changed" } })]);
  expect(row).toMatchObject({ status: "reused", why: "nothing changed", started_at: null });
});

test("facts that say nothing of the steps leave the list as it is", () => {
  const rows = [stepOf("a")];
  expect(stepsAfter(rows, [eventOf("materialized", "a", 1), eventOf("step_started", "other", 1)])).toBe(rows);
});

test("a run ends; facts of other runs are none of its business", () => {
  const run = runOf([stepOf("a")]);
  expect(runAfter(run, [eventOf("run_failed", null, 9, { run: 2 })])).toBe(run);
  expect(runAfter(run, [eventOf("run_failed", null, 9)])).toMatchObject({ status: "failed", live: false, finished_at: 9 });
});
