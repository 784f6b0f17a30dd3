/** The order in each column: sweeps to and fro that put each slot at the mean of its neighbours, and swaps. */
import type { Item, Slots } from "./slots";

export interface Sweeps {
  readonly sweeps: number;
  readonly swaps: number;
}

/** The slots of each column from top to bottom, with few crossings. */
export function ordered(slots: Slots, items: readonly Item[], effort: Sweeps): number[][] {
  const columns: number[][] = [];
  for (let slot = 0; slot < slots.count; slot++) {
    const at = slots.column[slot] ?? -1;
    if (at < 0) continue;
    while (columns.length <= at) columns.push([]);
    columns[at]?.push(slot);
  }
  const position = new Float64Array(slots.count);
  const number = (column: readonly number[]) => column.forEach((slot, at) => (position[slot] = at));
  columns.forEach((column) => {
    if (column.some((slot) => items[slot]?.anchor !== undefined)) {
      column.sort((a, b) => (items[a]?.anchor ?? 0) - (items[b]?.anchor ?? 0) || a - b);
    }
    number(column);
  });
  const key = new Float64Array(slots.count);
  const sortBy = (column: number[], side: readonly number[][], other: "from" | "to") => {
    if (column.every((slot) => items[slot]?.anchor !== undefined)) return;
    for (const slot of column) {
      let sum = 0;
      let weight = 0;
      for (const index of side[slot] ?? []) {
        const segment = slots.segments[index];
        if (segment === undefined) continue;
        const end = segment[other];
        const port = other === "from" ? segment.fromPort : segment.toPort;
        sum += (position[end] ?? 0) + (0.9 * port) / Math.max(1, slots.height[end] ?? 1);
        weight += 1;
      }
      key[slot] = weight > 0 ? sum / weight : (position[slot] ?? 0);
    }
    column.sort((a, b) => (key[a] ?? 0) - (key[b] ?? 0) || (position[a] ?? 0) - (position[b] ?? 0));
    number(column);
  };
  let best = columns.map((column) => column.slice());
  let fewest = Number.POSITIVE_INFINITY;
  let vain = 0;
  for (let sweep = 0; sweep < effort.sweeps && vain < 4; sweep++) {
    if (sweep % 2 === 0) for (let at = 1; at < columns.length; at++) sortBy(columns[at] ?? [], slots.incoming, "from");
    else for (let at = columns.length - 2; at >= 0; at--) sortBy(columns[at] ?? [], slots.outgoing, "to");
    if (effort.swaps === 0) continue;
    swap(columns, slots, items, position, effort.swaps);
    const crossings = crossingsOf(columns, slots, position);
    vain += 1;
    if (crossings < fewest) {
      vain = 0;
      fewest = crossings;
      best = columns.map((column) => column.slice());
    }
    if (fewest === 0) break;
  }
  return effort.swaps === 0 ? columns : best;
}

/** Exchange neighbours as long as this takes crossings away. */
function swap(columns: number[][], slots: Slots, items: readonly Item[], position: Float64Array, rounds: number): void {
  for (let round = 0; round < rounds; round++) {
    let improved = false;
    for (const column of columns) {
      for (let at = 0; at + 1 < column.length; at++) {
        const upper = column[at] ?? 0;
        const lower = column[at + 1] ?? 0;
        if (items[upper]?.anchor !== undefined && items[lower]?.anchor !== undefined) continue;
        if (pairCrossings(upper, lower, slots, position) <= pairCrossings(lower, upper, slots, position)) continue;
        column[at] = lower;
        column[at + 1] = upper;
        position[lower] = at;
        position[upper] = at + 1;
        improved = true;
      }
    }
    if (!improved) return;
  }
}

/** Crossings between the links of two neighbours when the first is above the second. */
function pairCrossings(upper: number, lower: number, slots: Slots, position: Float64Array): number {
  let crossings = 0;
  for (const [side, end] of [
    [slots.incoming, "from"],
    [slots.outgoing, "to"],
  ] as const) {
    for (const a of side[upper] ?? []) {
      const above = position[slots.segments[a]?.[end] ?? 0] ?? 0;
      for (const b of side[lower] ?? []) if (above > (position[slots.segments[b]?.[end] ?? 0] ?? 0)) crossings += 1;
    }
  }
  return crossings;
}

/** All crossings, by inversions counted in a Fenwick tree. */
function crossingsOf(columns: readonly number[][], slots: Slots, position: Float64Array): number {
  let crossings = 0;
  for (let at = 0; at + 1 < columns.length; at++) {
    const size = (columns[at + 1]?.length ?? 0) + 1;
    const tree = new Int32Array(size + 1);
    let seen = 0;
    for (const slot of columns[at] ?? []) {
      const ends = (slots.outgoing[slot] ?? []).map((index) => (position[slots.segments[index]?.to ?? 0] ?? 0) + 1);
      for (const end of ends) {
        let before = 0;
        for (let node = end; node > 0; node -= node & -node) before += tree[node] ?? 0;
        crossings += seen - before;
      }
      for (const end of ends) {
        for (let node = end; node <= size; node += node & -node) tree[node] = (tree[node] ?? 0) + 1;
        seen += 1;
      }
    }
  }
  return crossings;
}
