/** What differs between two runs, in the order in which a reader wants it. */

import type { Change } from "../../api/schema";

/** Seconds and shares below which two durations are the same. */
const LEAST_SECONDS = 0.05;
const LEAST_SHARE = 0.1;

export type Trend = "slower" | "faster" | "same" | "only before" | "only after";

export interface Timed {
  readonly name: string;
  readonly before: number | undefined;
  readonly after: number | undefined;
  readonly trend: Trend;
}

/** Steps by how much longer or shorter they took, the greatest difference first. */
export function timedSteps(changes: readonly Change[]): Timed[] {
  return changes
    .map(({ name, before, after }) => {
      const [old, now] = [secondsOf(before), secondsOf(after)];
      return { name, before: old, after: now, trend: trendOf(old, now) };
    })
    .sort((a, b) => difference(b) - difference(a));
}

function secondsOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function trendOf(before: number | undefined, after: number | undefined): Trend {
  if (before === undefined) return "only after";
  if (after === undefined) return "only before";
  const delta = after - before;
  if (Math.abs(delta) < LEAST_SECONDS || Math.abs(delta) < LEAST_SHARE * before) return "same";
  return delta > 0 ? "slower" : "faster";
}

function difference({ before, after }: Timed): number {
  return before === undefined || after === undefined ? -1 : Math.abs(after - before);
}

/** `asset: label` taken apart. */
export function metricName(name: string): { asset: string; label: string } {
  const at = name.indexOf(": ");
  return at < 0 ? { asset: "", label: name } : { asset: name.slice(0, at), label: name.slice(at + 2) };
}

/** How much of what was before a number has gained or lost, in percent; undefined where that says nothing. */
export function percentOf({ before, delta }: Change): number | undefined {
  return typeof before === "number" && typeof delta === "number" && before !== 0 ? (100 * delta) / Math.abs(before) : undefined;
}

/** A value as one line. */
export function valueText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
