/** The order in each column: sweeps to and fro that put each slot at the mean of its neighbours, and swaps. */
import type { Incidence } from "./incidence";
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
  const tree = new Int32Array(2 + Math.max(0, ...columns.map((column) => column.length)));
  const key = new Float64Array(slots.count);
  const sortBy = (column: number[], side: Incidence, port: "fromPort" | "toPort") => {
    if (column.every((slot) => items[slot]?.anchor !== undefined)) return;
    for (const slot of column) {
      let sum = 0;
      const [start, stop] = [side.starts[slot] ?? 0, side.starts[slot + 1] ?? 0];
      for (let at = start; at < stop; at++) {
        const end = side.ends[at] ?? 0;
        const offset = slots.segments[side.indices[at] ?? 0]?.[port] ?? 0;
        sum += (position[end] ?? 0) + (0.9 * offset) / Math.max(1, slots.height[end] ?? 1);
      }
      const weight = stop - start;
      key[slot] = weight > 0 ? sum / weight : (position[slot] ?? 0);
    }
    column.sort((a, b) => (key[a] ?? 0) - (key[b] ?? 0) || (position[a] ?? 0) - (position[b] ?? 0));
    number(column);
  };
  let best = columns.map((column) => column.slice());
  let fewest = Number.POSITIVE_INFINITY;
  let vain = 0;
  for (let sweep = 0; sweep < effort.sweeps && vain < 4; sweep++) {
    if (sweep % 2 === 0) for (let at = 1; at < columns.length; at++) sortBy(columns[at] ?? [], slots.incoming, "fromPort");
    else for (let at = columns.length - 2; at >= 0; at--) sortBy(columns[at] ?? [], slots.outgoing, "toPort");
    if (effort.swaps === 0) continue;
    swap(columns, slots, items, position, effort.swaps);
    const crossings = crossingsOf(columns, slots.outgoing, position, tree);
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
        if (gain(slots.incoming, upper, lower, position) + gain(slots.outgoing, upper, lower, position) <= 0) continue;
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

/** How many crossings of the links of two neighbours go away when they change places. */
function gain({ starts, ends }: Incidence, upper: number, lower: number, position: Float64Array): number {
  let more = 0;
  for (let a = starts[upper] ?? 0; a < (starts[upper + 1] ?? 0); a++) {
    const above = position[ends[a] ?? 0] ?? 0;
    for (let b = starts[lower] ?? 0; b < (starts[lower + 1] ?? 0); b++) {
      const below = position[ends[b] ?? 0] ?? 0;
      if (above > below) more += 1;
      else if (above < below) more -= 1;
    }
  }
  return more;
}

/** All crossings, by inversions counted in a Fenwick tree that has room for the longest column. */
function crossingsOf(columns: readonly number[][], { starts, ends }: Incidence, position: Float64Array, tree: Int32Array): number {
  let crossings = 0;
  for (let at = 0; at + 1 < columns.length; at++) {
    const size = (columns[at + 1]?.length ?? 0) + 1;
    tree.fill(0, 0, size + 1);
    let seen = 0;
    for (const slot of columns[at] ?? []) {
      const [start, stop] = [starts[slot] ?? 0, starts[slot + 1] ?? 0];
      for (let each = start; each < stop; each++) {
        let before = 0;
        for (let node = (position[ends[each] ?? 0] ?? 0) + 1; node > 0; node -= node & -node) before += tree[node] ?? 0;
        crossings += seen - before;
      }
      for (let each = start; each < stop; each++) {
        for (let node = (position[ends[each] ?? 0] ?? 0) + 1; node <= size; node += node & -node) tree[node] = (tree[node] ?? 0) + 1;
      }
      seen += stop - start;
    }
  }
  return crossings;
}
