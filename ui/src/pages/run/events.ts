/** What a fact of the log makes of the steps of a run, before the server is asked again: a bar moves when it happens. */

import type { EventRow, RunDetail, StepRow } from "../../api/schema";

type StepStatus = StepRow["status"];

const AFTER: Readonly<Record<string, StepStatus>> = {
  step_started: "started",
  step_succeeded: "succeeded",
  step_failed: "failed",
  step_retrying: "retrying",
  step_skipped: "skipped",
  step_blocked: "blocked",
  step_canceled: "canceled",
  step_reused: "reused",
};
const RUNS_AFTER: Readonly<Record<string, RunDetail["status"]>> = {
  run_started: "started",
  run_resumed: "started",
  run_succeeded: "succeeded",
  run_failed: "failed",
  run_canceled: "canceled",
};

/** Steps after some facts; the same list where they say nothing of it. */
export function stepsAfter(rows: readonly StepRow[], events: readonly EventRow[]): readonly StepRow[] {
  const changed = new Map<string, StepRow>();
  const known = new Map(rows.map((row) => [row.step, row]));
  for (const event of events) {
    const before = event.step === null ? undefined : (changed.get(event.step) ?? known.get(event.step));
    if (before !== undefined) {
      const after = stepAfter(before, event);
      if (after !== before) changed.set(after.step, after);
    }
  }
  return changed.size === 0 ? rows : rows.map((row) => changed.get(row.step) ?? row);
}

function stepAfter(row: StepRow, event: EventRow): StepRow {
  const status = AFTER[event.kind];
  if (status === undefined) return row;
  if (event.kind === "step_started") {
    return { ...row, status, attempt: Math.max(row.attempt, event.attempt ?? 1), started_at: row.started_at ?? event.at, finished_at: null };
  }
  if (event.kind === "step_retrying") return { ...row, status };
  const { seconds, cpu, memory, log_bytes: logBytes, reason } = event.data;
  return {
    ...row,
    status,
    finished_at: event.at,
    seconds: numberOr(seconds, row.seconds),
    cpu: numberOr(cpu, row.cpu),
    memory: numberOr(memory, row.memory),
    log_bytes: numberOr(logBytes, row.log_bytes) ?? 0,
    why: typeof reason === "string" ? reason : row.why,
  };
}

function numberOr(value: unknown, otherwise: number | null): number | null {
  return typeof value === "number" ? value : otherwise;
}

/** A run after some facts. */
export function runAfter(run: RunDetail, events: readonly EventRow[]): RunDetail {
  const own = events.filter((event) => event.run === run.number);
  if (own.length === 0) return run;
  let after: RunDetail = { ...run, rows: stepsAfter(run.rows, own) };
  for (const event of own) {
    const status = RUNS_AFTER[event.kind];
    if (status === undefined) continue;
    const isOver = status !== "started";
    after = {
      ...after,
      status,
      live: !isOver,
      started_at: after.started_at ?? event.at,
      finished_at: isOver ? event.at : null,
    };
  }
  return after;
}
