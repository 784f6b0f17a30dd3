/** The catalog's rows: assets with their states, filtered and sorted. */

import type { GraphNode, NodeState } from "../../api/schema";
import { shownState } from "../graph/model";

export interface Row {
  readonly node: GraphNode;
  readonly state: NodeState | undefined;
}

export const COLUMNS = ["asset", "group", "state", "version", "value", "checks"] as const;
export type Column = (typeof COLUMNS)[number];

export interface Order {
  readonly by: Column;
  readonly isDown: boolean;
}

export interface Filter {
  readonly text: string;
  readonly group: string;
  readonly kind: string;
  readonly state: string;
}

export function rowsOf(nodes: readonly GraphNode[], states: ReadonlyMap<string, NodeState>, filter: Filter, order: Order | undefined): Row[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = nodes
    .map((node) => ({ node, state: states.get(node.key) }))
    .filter(
      ({ node, state }) =>
        (filter.group === "" || node.group === filter.group) &&
        (filter.kind === "" || node.kinds.includes(filter.kind)) &&
        (filter.state === "" || shownState(state) === filter.state) &&
        words.every((word) => searched(node).includes(word)),
    );
  if (order === undefined) return rows;
  const sign = order.isDown ? -1 : 1;
  const rank = RANKS[order.by];
  return rows.sort((a, b) => sign * compared(rank(a), rank(b)) || a.node.key.localeCompare(b.node.key));
}

function searched(node: GraphNode): string {
  const tags = Object.entries(node.tags).map(([name, value]) => `${name}=${value}`);
  return [node.key, node.description ?? "", ...node.kinds, ...node.owners, ...tags].join(" ").toLowerCase();
}

const URGENCY = ["failed", "running", "queued", "stale", "missing", "skipped", "fresh", "source"];

const RANKS: Readonly<Record<Column, (row: Row) => string | number>> = {
  asset: ({ node }) => node.key,
  group: ({ node }) => node.group,
  state: ({ state }) => URGENCY.indexOf(shownState(state)),
  version: ({ state }) => -(state?.at ?? 0),
  value: ({ state }) => numeric(state?.value) ?? state?.value ?? "",
  checks: ({ state }) => -((state?.checks.failed ?? 0) * 1e6 + (state?.checks.warned ?? 0) * 1e3 + (state?.checks.passed ?? 0)),
};

function numeric(text: string | null | undefined): number | undefined {
  const number = Number((text ?? "").replaceAll(",", ""));
  return text === null || text === undefined || text === "" || Number.isNaN(number) ? undefined : number;
}

/** Numbers before texts, each among themselves as usual. */
function compared(a: string | number, b: string | number): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "string" && typeof b === "string") return a.localeCompare(b);
  return typeof a === "number" ? -1 : 1;
}

/** Every value that some asset has, in order. */
export function valuesOf(nodes: readonly GraphNode[], of: (node: GraphNode) => readonly string[]): string[] {
  return [...new Set(nodes.flatMap(of))].sort((a, b) => a.localeCompare(b));
}
