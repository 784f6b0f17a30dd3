/** What of the runs is shown, as it stands in the address: `?status=failed,canceled&since=1d&tag=team%3Ddata`. */

import type { RunRow } from "../../api/schema";

export type RunStatus = RunRow["status"];

export const STATUSES: readonly RunStatus[] = ["queued", "started", "succeeded", "failed", "canceled"];
export const GOING: readonly RunStatus[] = ["queued", "started"];

/** Spans of time by their name in the address, in seconds. */
export const SPANS = [
  { name: "1h", label: "the last hour", seconds: 3_600 },
  { name: "1d", label: "the last day", seconds: 86_400 },
  { name: "7d", label: "the last week", seconds: 7 * 86_400 },
  { name: "30d", label: "the last 30 days", seconds: 30 * 86_400 },
] as const;

export interface Filters {
  readonly status: readonly RunStatus[];
  readonly asset: string;
  readonly job: string;
  readonly tag: string;
  /** A span, or a day `2026-11-26` from which on. */
  readonly since: string;
  /** A day until whose end. */
  readonly until: string;
}

export function filtersOf(query: URLSearchParams): Filters {
  const wanted = (query.get("status") ?? "").split(",");
  return {
    status: STATUSES.filter((status) => wanted.includes(status)),
    asset: query.get("asset") ?? "",
    job: query.get("job") ?? "",
    tag: query.get("tag") ?? "",
    since: query.get("since") ?? "",
    until: query.get("until") ?? "",
  };
}

export function isFiltered({ status, asset, job, tag, since, until }: Filters): boolean {
  return status.length > 0 || [asset, job, tag, since, until].some((text) => text !== "");
}

/** Whether a tag is one: `name=value`. */
export function isTag(text: string): boolean {
  return /^[^=]+=/.test(text);
}

/** A span moves with time, but not with each request: answers would never be the same. */
const GRAIN = 60;

/** What to ask the server for. Times are microseconds. */
export function asked(filters: Filters, now: number) {
  const span = SPANS.find(({ name }) => name === filters.since);
  const after = span === undefined ? dayOf(filters.since) : (Math.floor(now / 1e6 / GRAIN) * GRAIN - span.seconds) * 1e6;
  const until = dayOf(filters.until);
  return {
    status: filters.status.length === 0 ? undefined : filters.status,
    asset: filters.asset || undefined,
    job: filters.job || undefined,
    tag: isTag(filters.tag) ? filters.tag : undefined,
    after,
    before: until === undefined ? undefined : until + 86_400 * 1e6,
  };
}

/** The start of a day in the reader's time zone. */
function dayOf(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return undefined;
  const at = new Date(`${text}T00:00:00`).getTime() * 1000;
  return Number.isNaN(at) ? undefined : at;
}

/** Those that go on first, each once. */
export function liveFirst(live: readonly RunRow[], others: readonly RunRow[]): readonly RunRow[] {
  if (live.length === 0) return others;
  const numbers = new Set(live.map((run) => run.number));
  return [...live, ...others.filter((run) => !numbers.has(run.number))];
}

/** Runs chosen to be compared: at most two, the older first; a third takes the place of the one chosen first. */
export function chosenAfter(chosen: readonly number[], number: number): readonly number[] {
  return chosen.includes(number) ? chosen.filter((each) => each !== number) : [...chosen, number].slice(-2);
}
