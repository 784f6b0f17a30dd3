import { expect, test } from "vitest";
import type { EventRow } from "../api/schema";
import { staleAfter } from "./stale";

function event(given: Partial<EventRow>): EventRow {
  return {
    seq: 1, kind: "step_started", at: 0, run: null, run_id: null, step: null, attempt: null, asset: null,
    partition: null, version: null, text: "", data: {}, ...given,
  };
}

test("what a step did makes its run old, and no list of runs", () => {
  expect(staleAfter(event({ run: 3 }))).toEqual([["run", 3]]);
});

test("the end of a run makes the lists old too", () => {
  expect(staleAfter(event({ kind: "run_failed", run: 3 }))).toEqual([["run", 3], ["runs"]]);
});

test("a version makes its asset and the store old", () => {
  const found = staleAfter(event({ kind: "materialized", run: 3, asset: "a/b" }));
  expect(found).toEqual([["run", 3], ["asset", "a/b"], ["store"]]);
});
