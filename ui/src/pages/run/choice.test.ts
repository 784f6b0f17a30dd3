import { expect, test } from "vitest";
import { choiceOf } from "./choice";
import { runOf, stepOf } from "./samples.test.data";

const failure = { message: "no", cls: null, traceback: "no", file: null, line: null };
const rows = [
  stepOf("first", { status: "succeeded", started_at: 1, finished_at: 2, log_bytes: 5 }),
  stepOf("broken", { status: "failed", started_at: 2, finished_at: 3, error: failure }),
  stepOf("later", { status: "started", started_at: 4 }),
];

test("what failed opens by itself, with its error", () => {
  const choice = choiceOf(runOf(rows), rows, null, null);
  expect([choice.step?.step, choice.tab]).toEqual(["broken", "error"]);
});

test("a run that goes on shows what runs; one that is over what wrote last", () => {
  const well = [rows[0], rows[2]].filter((row) => row !== undefined);
  expect(choiceOf(runOf(well), well, null, null).step?.step).toBe("later");
  expect(choiceOf(runOf(well, { live: false }), well, null, null).step?.step).toBe("first");
});

test("what the reader chose stays, as long as it is there", () => {
  expect(choiceOf(runOf(rows), rows, "first", "events")).toMatchObject({ step: { step: "first" }, tab: "events" });
  expect(choiceOf(runOf(rows), rows, "first", "error").tab).toBe("log");
  expect(choiceOf(runOf(rows), rows, "gone", null).step?.step).toBe("broken");
});
