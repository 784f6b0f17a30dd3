/** Steps as bars on an axis of seconds. */

import type { EventRow, StepRow } from "../../api/schema";
import { countText } from "../../parts/format";

/** A stretch of time of one attempt, in seconds from the start of the run; `end` is undefined while it goes on. */
export interface Attempt {
  readonly start: number;
  readonly end: number | undefined;
  readonly isLast: boolean;
}

export interface Bar {
  readonly row: StepRow;
  /** From when on it could have run, where that is known and it had to wait. */
  readonly ready: number | undefined;
  readonly attempts: readonly Attempt[];
  /** When it was over without running: reused, skipped, blocked. */
  readonly mark: number | undefined;
}

/** A wait shorter than this is none (seconds). */
const LEAST_WAIT = 0.02;

/** Failed attempts that were followed by another, by step: from `step_retrying`. */
export type Retries = ReadonlyMap<string, readonly { readonly at: number; readonly wait: number }[]>;

export function retriesOf(events: readonly EventRow[]): Retries {
  const found = new Map<string, { at: number; wait: number }[]>();
  for (const { kind, step, at, data } of events) {
    if (step === null || kind !== "step_retrying") continue;
    const own = found.get(step) ?? [];
    own.push({ at, wait: typeof data["wait"] === "number" ? data["wait"] : 0 });
    found.set(step, own);
  }
  return found;
}

export function barsOf(rows: readonly StepRow[], origin: number, retries: Retries): Bar[] {
  const ends = new Map(rows.map((row) => [row.step, row.finished_at]));
  const seconds = (at: number) => Math.max(0, (at - origin) / 1e6);
  return rows.map((row) => {
    if (row.started_at === null) {
      return { row, ready: undefined, attempts: [], mark: row.finished_at === null ? undefined : seconds(row.finished_at) };
    }
    // What a check waits for is not told; that it waited for the start of the run would be wrong.
    const isKnown = row.deps.length > 0 || row.assets.length > 0;
    const above = row.deps.map((dep) => ends.get(dep) ?? undefined);
    const latest = Math.max(origin, ...above.map((at) => at ?? origin));
    const start = seconds(row.started_at);
    const ready = isKnown && start - seconds(latest) > LEAST_WAIT && !above.includes(undefined) ? seconds(latest) : undefined;
    return { row, ready, attempts: attemptsOf(row, retries.get(row.step) ?? [], seconds), mark: undefined };
  });
}

function attemptsOf(row: StepRow, retries: readonly { at: number; wait: number }[], seconds: (at: number) => number): Attempt[] {
  const found: Attempt[] = [];
  let start = seconds(row.started_at ?? 0);
  for (const { at, wait } of retries) {
    found.push({ start, end: seconds(at), isLast: false });
    start = seconds(at) + wait;
  }
  if (row.status === "retrying") return found;
  const end = row.finished_at === null ? undefined : seconds(row.finished_at);
  return [...found, { start: end === undefined ? start : Math.min(start, end), end, isLast: true }];
}

const STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];

/** Distance of the marks of an axis that is so long, so that there are about so many. */
export function tickStep(length: number, count: number): number {
  return STEPS.find((step) => length / step <= count) ?? Math.ceil(length / count / 86_400) * 86_400;
}

/** `0`, `50 ms`, `0.5 s`, `4 s`, `1:30`, `1:02:00`; marks of one axis have one unit. */
export function tickText(seconds: number, step: number): string {
  if (seconds === 0) return "0";
  if (step < 0.1) return `${countText(Math.round(seconds * 1000))} ms`;
  if (seconds < 60 || step < 1) return `${Number(seconds.toFixed(1))} s`;
  const two = (number: number) => String(number).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), Math.round(seconds % 60)];
  return hours === 0 ? `${minutes}:${two(rest)}` : `${hours}:${two(minutes)}:${two(rest)}`;
}

/** What the axis of a run that goes on shows beyond now, so that bars grow into room instead of pushing the edge. */
export const AHEAD = 1.08;

/** Seconds that the axis shows. */
export function lengthOf(elapsed: number, isLive: boolean): number {
  return isLive ? Math.max(2, elapsed * AHEAD) : Math.max(0.001, elapsed * 1.02);
}
