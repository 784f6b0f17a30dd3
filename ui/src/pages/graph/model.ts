/** What the API says of assets, in the terms of the canvas. */

import type { GraphNode as ApiNode, NodeState } from "../../api/schema";
import type { GraphEdge, GraphGroup, GraphNode, NodeStatus } from "../../graph/model";
import { doingText } from "../../states/doing";
import type { State } from "../../states/states";
import { countText } from "../../parts/format";

export interface Drawn {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly groups: readonly GraphGroup[];
}

/** Assets as cards; groups are boxes where there are several of them. */
export function drawn(assets: readonly ApiNode[]): Drawn {
  const names = [...new Set(assets.map((asset) => asset.group))];
  const isGrouped = names.length > 1;
  const keys = new Set(assets.map((asset) => asset.key));
  return {
    nodes: assets.map((asset) => ({
      id: asset.key,
      name: asset.key,
      group: isGrouped ? asset.group : undefined,
      kind: asset.kinds[0] ?? (asset.partitions === null ? undefined : `${countText(asset.partitions)} partitions`),
    })),
    edges: assets.flatMap((asset) => asset.deps.filter((dep) => keys.has(dep)).map((dep) => ({ from: dep, to: asset.key }))),
    groups: isGrouped ? names.map((name) => ({ id: name, name })) : [],
  };
}

/** The state of an asset as a card shows it. */
export function statusOf(state: NodeState): NodeStatus {
  const { passed, failed, warned, unknown } = state.checks;
  return {
    state: shownState(state),
    value: state.status === "failed" ? (state.why ?? undefined) : (doingText(state) ?? state.value ?? partitionsText(state) ?? undefined),
    why: state.status === "failed" ? undefined : (state.why ?? undefined),
    checks: passed + failed + warned + unknown > 0 ? { passed, failed, warned } : undefined,
  };
}

/** What is known of nothing is drawn as what was never made. */
export function shownState(state: NodeState | undefined): State {
  return state === undefined || state.status === "unknown" ? "missing" : state.status;
}

function partitionsText({ partitions }: NodeState): string | null {
  if (partitions === null) return null;
  const made = partitions.total - partitions.missing;
  return `${countText(made)} of ${countText(partitions.total)}`;
}

/** All assets made from these, and these. */
export function withDownstream(keys: Iterable<string>, assets: readonly ApiNode[]): Set<string> {
  const found = new Set(keys);
  for (const asset of assets) {
    if (asset.deps.some((dep) => found.has(dep))) found.add(asset.key); // assets come after what they are made from
  }
  return found;
}

/** How many assets are in each state, the most urgent first. */
export function counted(states: Iterable<NodeState>): readonly (readonly [State, number])[] {
  const counts = new Map<State, number>();
  for (const state of states) {
    const shown = shownState(state);
    counts.set(shown, (counts.get(shown) ?? 0) + 1);
  }
  return URGENT.flatMap((state) => {
    const count = counts.get(state);
    return count === undefined ? [] : [[state, count] as const];
  });
}

const URGENT: readonly State[] = ["failed", "running", "queued", "stale", "missing", "skipped", "fresh", "source"];
