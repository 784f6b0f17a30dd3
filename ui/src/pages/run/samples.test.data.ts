/** Made-up answers for tests of this folder. */

import type { EventRow, RunDetail, StepRow } from "../../api/schema";

export function stepOf(step: string, given: Partial<StepRow> = {}): StepRow {
  return {
    step,
    status: "planned",
    attempt: 0,
    assets: [step],
    partition: null,
    deps: [],
    started_at: null,
    finished_at: null,
    seconds: null,
    cpu: null,
    memory: null,
    log_bytes: 0,
    progress: null,
    doing: null,
    error: null,
    why: null,
    made: [],
    ...given,
  };
}

export function eventOf(kind: string, step: string | null, at: number, given: Partial<EventRow> = {}): EventRow {
  return { seq: at, kind, at, run: 1, run_id: "r", step, attempt: 1, asset: null, partition: null, version: null, text: kind, data: {}, ...given };
}

export function runOf(rows: readonly StepRow[], given: Partial<RunDetail> = {}): RunDetail {
  return {
    id: "r",
    number: 1,
    job: "__ASSET_JOB",
    status: "started",
    created_at: 0,
    started_at: 0,
    finished_at: null,
    selection: null,
    partition: null,
    tags: {},
    steps: rows.length,
    assets: [],
    parent: null,
    parent_number: null,
    error: null,
    failed: [],
    code: null,
    config: {},
    environment: {},
    counts: {},
    trimmed: false,
    live: true,
    rows,
    next_step: null,
    verdicts: [],
    children: [],
    changed: [],
    gone: [],
    ...given,
  };
}
