/** From assets, groups and what is folded up to cards and links. */
import type { GraphEdge, GraphGroup, GraphNode, LayoutRequest, Link, NodeStatus, Scene, Card } from "./model";
import { STATES, type State } from "../states/states";

/** The id of the card that stands for a folded group. No asset key begins like it. */
export const foldedId = (group: string): string => `group:${group}`;
export const foldedName = (id: string): string => id.slice("group:".length);

/** Cards and links of a graph in which some groups are folded up: each of these is one card, with all their links. */
export function sceneOf(
  nodes: readonly GraphNode[],
  edges: readonly GraphEdge[],
  groups: readonly GraphGroup[],
  folded: ReadonlySet<string>,
): Scene {
  const groupIndex = new Map(groups.map((group, index) => [group.id, index]));
  const cards: Card[] = [];
  const index = new Map<string, number>();
  const inside = new Map<string, string[]>();
  for (const node of nodes) {
    const group = node.group === undefined ? -1 : (groupIndex.get(node.group) ?? -1);
    if (node.group === undefined || group < 0 || !folded.has(node.group)) {
      index.set(node.id, cards.length);
      cards.push({ id: node.id, name: node.name, kind: node.kind ?? "", group });
      continue;
    }
    const members = inside.get(node.group);
    if (members !== undefined) {
      members.push(node.id);
      index.set(node.id, index.get(foldedId(node.group)) ?? -1);
      continue;
    }
    const started = [node.id];
    inside.set(node.group, started);
    index.set(foldedId(node.group), cards.length);
    index.set(node.id, cards.length);
    const name = groups[group]?.name ?? node.group;
    cards.push({ id: foldedId(node.group), name, kind: "group", group: -1, folded: started });
  }
  return { cards, links: linksOf(edges, index, cards.length), groups, index };
}

function linksOf(edges: readonly GraphEdge[], index: ReadonlyMap<string, number>, count: number): Link[] {
  const seen = new Set<number>();
  const links: Link[] = [];
  for (const edge of edges) {
    const from = index.get(edge.from);
    const to = index.get(edge.to);
    if (from === undefined || to === undefined || from === to) continue;
    const both = from * count + to;
    if (seen.has(both)) continue;
    seen.add(both);
    links.push({ from, to });
  }
  return links;
}

export function requestOf(scene: Scene, shape: number): LayoutRequest {
  return {
    count: scene.cards.length,
    from: Int32Array.from(scene.links, (link) => link.from),
    to: Int32Array.from(scene.links, (link) => link.to),
    group: Int32Array.from(scene.cards, (card) => card.group),
    groups: scene.groups.length,
    shape,
  };
}

/** The worst comes first: what a folded group shows of those inside. */
const GRAVITY: readonly State[] = ["failed", "running", "queued", "stale", "missing", "skipped", "source", "fresh"];

/** The status of a folded group: its gravest state, all its checks, how many are in which state. */
export function statusOfFolded(members: readonly string[], statuses: ReadonlyMap<string, NodeStatus>): FoldedStatus {
  const counts = new Map<State, number>();
  let passed = 0;
  let failed = 0;
  let warned = 0;
  for (const id of members) {
    const status = statuses.get(id);
    const state = status?.state ?? "missing";
    counts.set(state, (counts.get(state) ?? 0) + 1);
    passed += status?.checks?.passed ?? 0;
    failed += status?.checks?.failed ?? 0;
    warned += status?.checks?.warned ?? 0;
  }
  const state = GRAVITY.find((candidate) => counts.has(candidate)) ?? "missing";
  const shares = STATES.flatMap((candidate) => {
    const count = counts.get(candidate);
    return count === undefined ? [] : [{ state: candidate, count }];
  });
  const checks = passed + failed + warned > 0 ? { passed, failed, warned } : undefined;
  return { state, value: `${members.length} assets`, checks, shares };
}

const UNKNOWN: NodeStatus = { state: "missing" };

/** The status of each card; the object of `before` where nothing has changed, so that only the others are drawn again. */
export function statusesOf(
  scene: Scene,
  statuses: ReadonlyMap<string, NodeStatus>,
  before: readonly (NodeStatus | FoldedStatus)[] = [],
): readonly (NodeStatus | FoldedStatus)[] {
  let isSame = before.length === scene.cards.length;
  const found = scene.cards.map((card, at) => {
    const status = card.folded === undefined ? (statuses.get(card.id) ?? UNKNOWN) : statusOfFolded(card.folded, statuses);
    const old = before[at];
    if (old !== undefined && isAlike(old, status)) return old;
    isSame = false;
    return status;
  });
  return isSame ? before : found;
}

function isAlike(a: NodeStatus | FoldedStatus, b: NodeStatus | FoldedStatus): boolean {
  if (a === b) return true;
  if (a.state !== b.state || a.value !== b.value) return false;
  return JSON.stringify(a) === JSON.stringify(b);
}

export interface FoldedStatus extends NodeStatus {
  readonly shares: readonly { readonly state: State; readonly count: number }[];
}
