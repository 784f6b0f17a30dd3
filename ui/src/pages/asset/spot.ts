/** Where on the page of an asset the reader is: in the address, so that every place can be linked to. */

import type { Query } from "../../router/routes";

export const TABS = ["overview", "versions", "compare", "plots", "checks", "lineage", "partitions", "events"] as const;
export type TabName = (typeof TABS)[number];

export interface Spot {
  readonly tab: TabName;
  /** The version that is open. */
  readonly version: number | undefined;
  /** The two that are compared. */
  readonly before: number | undefined;
  readonly after: number | undefined;
  /** Whose versions and plots are shown. */
  readonly partition: string | undefined;
}

export function spotOf(query: URLSearchParams): Spot {
  const wanted = query.get("tab");
  const [version, before, after] = ["version", "before", "after"].map((name) => numberIn(query, name));
  const isCompared = before !== undefined || after !== undefined;
  const fallback = version !== undefined ? "versions" : isCompared ? "compare" : "overview";
  return {
    tab: TABS.find((tab) => tab === wanted) ?? fallback,
    version,
    before,
    after,
    partition: query.get("partition") ?? undefined,
  };
}

function numberIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  return text !== null && /^\d{1,15}$/.test(text) && Number(text) > 0 ? Number(text) : undefined;
}

/** The part of an address behind the question mark; the overview needs none. */
export function queryOf(spot: Partial<Spot>): Query {
  return {
    tab: spot.tab === "overview" ? undefined : spot.tab,
    version: spot.version?.toString(),
    before: spot.before?.toString(),
    after: spot.after?.toString(),
    partition: spot.partition,
  };
}

export interface VersionPlace {
  readonly number: number;
  readonly partition: string | null;
}

/** The part of an address that opens a version. */
export function versionQuery({ number, partition }: VersionPlace): Query {
  return queryOf({ tab: "versions", version: number, partition: partition ?? undefined });
}

/** `model@3`, `daily[2026-01-05]@3`. */
export function versionName(key: string, partition: string | null, number: number): string {
  return `${partition === null ? key : `${key}[${partition}]`}@${number}`;
}
