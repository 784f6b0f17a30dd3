/** One level of the layout: items in columns, links from left to right.
 *
 *     links ─► no cycles ─► columns (longest path, pulled tight) ─► lanes for links that pass columns
 *           ─► order in each column (barycentres, swaps) ─► heights (least squares under minimal distances)
 *
 * All is deterministic: equal input, equal picture. Small graphs get lanes, so that no link crosses a card, and
 * many sweeps; large ones get neither, and columns folded to the shape of a screen.
 */

import { acyclic } from "./cycles";

export interface Item {
  readonly width: number;
  readonly height: number;
  /** Kept in the first or last column: where links enter or leave a box. */
  readonly pin?: "first" | "last";
  /** How far down the flow it belongs, where links lead round in circles; boxes have one, cards need none. */
  readonly rank?: number;
  /** Where a pinned item would like to be: the height of what it leads to outside. */
  readonly anchor?: number | undefined;
}

export interface ItemLink {
  readonly from: number;
  readonly to: number;
  /** Links of one channel leave the same point, and share a lane as long as they go the same way. */
  readonly channel: number;
  /** Offsets of the two ends from the middles of their items. */
  readonly fromPort: number;
  readonly toPort: number;
}

export interface Placed {
  /** Left edge and middle height of each item. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Of each link the lanes that it takes, as left, right, height, …; undefined for none. */
  readonly lanes: readonly (readonly number[] | undefined)[];
  readonly width: number;
  readonly height: number;
}

export interface Gaps {
  readonly x: number;
  readonly y: number;
}

const LANE = { height: 2, gap: 12 } as const;
/** Beyond this many items or lanes, lanes and sweeps cost more than they show. */
const LARGE = 1_500;
const LANES = 4_000;
/** Up to this many slots, time for the last crossing. */
const SMALL = 700;

interface Effort {
  readonly sweeps: number;
  readonly swaps: number;
  readonly rounds: number;
}

const THOROUGH: Effort = { sweeps: 16, swaps: 3, rounds: 6 };
const USUAL: Effort = { sweeps: 8, swaps: 1, rounds: 2 };
const QUICK: Effort = { sweeps: 6, swaps: 0, rounds: 1 };
/** Columns higher than this may be folded. */
const FOLD_BEYOND = 6_000;
/** Width by height of what is folded to fit a screen. */
const SHAPE = 1.6;

/** A place in a column: an item, or a lane of links that pass. */
interface Slots {
  readonly count: number;
  readonly column: Int32Array;
  readonly height: Float64Array;
  readonly isLane: Uint8Array;
  /** Segments between neighbouring columns, both ways, as flat lists. */
  readonly segments: readonly Segment[];
  readonly incoming: readonly number[][];
  readonly outgoing: readonly number[][];
  /** Slots of the lanes that a link takes. */
  readonly lanesOf: readonly (readonly number[] | undefined)[];
}

interface Segment {
  readonly from: number;
  readonly to: number;
  readonly fromPort: number;
  readonly toPort: number;
  readonly weight: number;
}

/** How much care is taken: `quick` for one of hundreds of boxes. */
export type Care = "full" | "quick";

export function layered(items: readonly Item[], links: readonly ItemLink[], gaps: Gaps, care: Care = "full"): Placed {
  const linked = new Uint8Array(items.length);
  for (const link of links) linked[link.from] = linked[link.to] = 1;
  const column = columnsOf(items, links);
  const isLarge = items.length > LARGE || lanesNeeded(links, column) > LANES;
  const slots = slotsOf(items, links, column, linked, !isLarge && care === "full");
  const effort = isLarge || care === "quick" ? QUICK : slots.count <= SMALL ? THOROUGH : USUAL;
  const columns = ordered(slots, items, effort);
  const isFolded = isLarge || isTall(columns, items, gaps);
  const placed = isFolded ? folded(slots, columns, items, gaps) : straightened(slots, columns, items, gaps, effort);
  return withLoners(placed, items, linked, gaps);
}

/** Whether columns are so much longer than all of them are wide that nobody could see the whole. */
function isTall(columns: readonly number[][], items: readonly Item[], gaps: Gaps): boolean {
  let width = 0;
  let height = 0;
  for (const column of columns) {
    const cards = column.flatMap((slot) => items[slot] ?? []);
    width += cards.reduce((most, item) => Math.max(most, item.width), 0) + gaps.x;
    height = Math.max(height, cards.reduce((sum, item) => sum + item.height + gaps.y, 0));
  }
  return height > FOLD_BEYOND && height > 4 * width;
}

/** How many lanes the links would take, each for itself: more than there will be. */
function lanesNeeded(links: readonly ItemLink[], column: Int32Array): number {
  let lanes = 0;
  for (const link of links) lanes += Math.max(0, (column[link.to] ?? 0) - (column[link.from] ?? 0) - 1);
  return lanes;
}

/** The column of each item: the longest way to it, then as near to what uses it as it can be. */
export function columnsOf(items: readonly Item[], links: readonly ItemLink[]): Int32Array {
  const count = items.length;
  const outgoing: number[][] = Array.from({ length: count }, () => []);
  const incoming: number[][] = Array.from({ length: count }, () => []);
  const degree = new Int32Array(count);
  for (const [from, to] of acyclic(items, links)) {
    outgoing[from]?.push(to);
    incoming[to]?.push(from);
    degree[to] = (degree[to] ?? 0) + 1;
  }
  const hasFirst = items.some((item) => item.pin === "first") ? 1 : 0;
  const column = new Int32Array(count);
  const order: number[] = [];
  for (let item = 0; item < count; item++) if (degree[item] === 0) order.push(item);
  for (let at = 0; at < order.length; at++) {
    const item = order[at] ?? 0;
    if (items[item]?.pin !== "first") column[item] = Math.max(column[item] ?? 0, hasFirst);
    for (const next of outgoing[item] ?? []) {
      column[next] = Math.max(column[next] ?? 0, (column[item] ?? 0) + 1);
      degree[next] = (degree[next] ?? 0) - 1;
      if (degree[next] === 0) order.push(next);
    }
  }
  for (let at = order.length - 1; at >= 0; at--) {
    const item = order[at] ?? 0;
    const nexts = (outgoing[item] ?? []).filter((next) => items[next]?.pin !== "last");
    if (items[item]?.pin !== undefined || nexts.length === 0 || nexts.length <= (incoming[item]?.length ?? 0)) continue;
    let nearest = Number.POSITIVE_INFINITY;
    for (const next of nexts) nearest = Math.min(nearest, column[next] ?? 0);
    column[item] = Math.max(column[item] ?? 0, nearest - 1);
  }
  let last = 0;
  for (let item = 0; item < count; item++) {
    if (items[item]?.pin !== "last") last = Math.max(last, (column[item] ?? 0) + 1);
  }
  for (let item = 0; item < count; item++) if (items[item]?.pin === "last") column[item] = last;
  return column;
}

function slotsOf(
  items: readonly Item[],
  links: readonly ItemLink[],
  column: Int32Array,
  linked: Uint8Array,
  withLanes: boolean,
): Slots {
  const columns: number[] = Array.from(items, (_, item) => (linked[item] === 1 ? (column[item] ?? 0) : -1));
  const heights: number[] = items.map((item) => item.height);
  const isLane: number[] = items.map(() => 0);
  const segments: Segment[] = [];
  const known = new Map<string, number>();
  const addLane = (at: number): number => {
    columns.push(at);
    heights.push(LANE.height);
    isLane.push(1);
    return columns.length - 1;
  };
  const lanesOf = links.map((link): readonly number[] | undefined => {
    const start = column[link.from] ?? 0;
    const end = column[link.to] ?? 0;
    if (end <= start) {
      if (end < start) segments.push({ from: link.to, to: link.from, fromPort: 0, toPort: 0, weight: 0.5 });
      return undefined;
    }
    if (end === start + 1 || !withLanes) {
      segments.push({ ...link, weight: 1 });
      return undefined;
    }
    const taken: number[] = [];
    let previous = link.from;
    let port = link.fromPort;
    for (let at = start + 1; at < end; at++) {
      const name = `${link.channel} ${at}`;
      let lane = known.get(name);
      if (lane === undefined) {
        lane = addLane(at);
        known.set(name, lane);
        segments.push({ from: previous, to: lane, fromPort: port, toPort: 0, weight: at === start + 1 ? 2 : 8 });
      }
      taken.push(lane);
      previous = lane;
      port = 0;
    }
    segments.push({ from: previous, to: link.to, fromPort: 0, toPort: link.toPort, weight: 2 });
    return taken;
  });
  const count = columns.length;
  const incoming: number[][] = Array.from({ length: count }, () => []);
  const outgoing: number[][] = Array.from({ length: count }, () => []);
  for (const [index, segment] of segments.entries()) {
    outgoing[segment.from]?.push(index);
    incoming[segment.to]?.push(index);
  }
  return {
    count,
    column: Int32Array.from(columns),
    height: Float64Array.from(heights),
    isLane: Uint8Array.from(isLane),
    segments,
    incoming,
    outgoing,
    lanesOf,
  };
}

/** The slots of each column from top to bottom, with few crossings. */
function ordered(slots: Slots, items: readonly Item[], effort: Effort): number[][] {
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

/** Heights that make links as straight as the order and the distances allow. */
function straightened(slots: Slots, columns: readonly number[][], items: readonly Item[], gaps: Gaps, effort: Effort): Placed {
  const y = new Float64Array(slots.count);
  const distance = (upper: number, lower: number) => {
    const lanes = (slots.isLane[upper] ?? 0) + (slots.isLane[lower] ?? 0);
    const bare = (slots.height[upper] ?? 0) <= LANE.height && (slots.height[lower] ?? 0) <= LANE.height;
    const gap = lanes === 2 || bare ? LANE.gap : lanes === 1 ? Math.max(LANE.gap, gaps.y * 0.8) : gaps.y;
    return ((slots.height[upper] ?? 0) + (slots.height[lower] ?? 0)) / 2 + gap;
  };
  for (const column of columns) {
    let at = 0;
    column.forEach((slot, index) => {
      if (index > 0) at += distance(column[index - 1] ?? 0, slot);
      y[slot] = at;
    });
    for (const slot of column) y[slot] = (y[slot] ?? 0) - at / 2;
  }
  const settle = (column: readonly number[], useIn: boolean, useOut: boolean) => {
    const wanted: number[] = [];
    const weights: number[] = [];
    for (const slot of column) {
      let sum = 0;
      let weight = 0;
      for (const index of useIn ? (slots.incoming[slot] ?? []) : []) {
        const segment = slots.segments[index];
        if (segment === undefined) continue;
        sum += segment.weight * ((y[segment.from] ?? 0) + segment.fromPort - segment.toPort);
        weight += segment.weight;
      }
      for (const index of useOut ? (slots.outgoing[slot] ?? []) : []) {
        const segment = slots.segments[index];
        if (segment === undefined) continue;
        sum += segment.weight * ((y[segment.to] ?? 0) + segment.toPort - segment.fromPort);
        weight += segment.weight;
      }
      wanted.push(weight > 0 ? sum / weight : (y[slot] ?? 0));
      weights.push(weight > 0 ? weight : 0.01);
    }
    const settled = spread(wanted, weights, (index) => distance(column[index] ?? 0, column[index + 1] ?? 0));
    column.forEach((slot, index) => (y[slot] = settled[index] ?? 0));
  };
  for (let round = 0; round < 2 * effort.rounds; round++) {
    for (let at = 1; at < columns.length; at++) settle(columns[at] ?? [], true, round >= effort.rounds);
    for (let at = columns.length - 2; at >= 0; at--) settle(columns[at] ?? [], round >= effort.rounds, true);
  }
  return inColumns(slots, columns, items, gaps, y);
}

/** The places nearest to the wanted ones, in order and at least `distance(i)` apart: isotonic regression. */
export function spread(
  wanted: readonly number[],
  weights: readonly number[],
  distance: (index: number) => number,
): number[] {
  const offsets: number[] = [];
  const blocks: { sum: number; weight: number; size: number }[] = [];
  let offset = 0;
  wanted.forEach((place, index) => {
    if (index > 0) offset += distance(index - 1);
    offsets.push(offset);
    const weight = weights[index] ?? 1;
    let block = { sum: (place - offset) * weight, weight, size: 1 };
    for (let last = blocks.at(-1); last !== undefined && last.sum / last.weight >= block.sum / block.weight; last = blocks.at(-1)) {
      blocks.pop();
      block = { sum: last.sum + block.sum, weight: last.weight + block.weight, size: last.size + block.size };
    }
    blocks.push(block);
  });
  return blocks
    .flatMap((block) => new Array<number>(block.size).fill(block.sum / block.weight))
    .map((place, index) => place + (offsets[index] ?? 0));
}

/** Left edges from the widths of the columns, heights moved to begin at 0. */
function inColumns(
  slots: Slots,
  columns: readonly number[][],
  items: readonly Item[],
  gaps: Gaps,
  y: Float64Array,
): Placed {
  const x = new Float64Array(items.length);
  const lefts: number[] = [];
  const widths: number[] = [];
  let left = 0;
  let top = Number.POSITIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  columns.forEach((column, at) => {
    let width = 0;
    for (const slot of column) width = Math.max(width, items[slot]?.width ?? 0);
    const crossing = column.reduce((sum, slot) => sum + (slots.outgoing[slot]?.length ?? 0), 0);
    lefts.push(left);
    widths.push(width);
    for (const slot of column) {
      const item = items[slot];
      if (item !== undefined) x[slot] = left + (width - item.width) / 2;
      const half = (slots.height[slot] ?? 0) / 2;
      top = Math.min(top, (y[slot] ?? 0) - half);
      bottom = Math.max(bottom, (y[slot] ?? 0) + half);
    }
    const isEdge = width === 0 || (columns[at + 1]?.every((slot) => (items[slot]?.width ?? 0) === 0 && slots.isLane[slot] === 0) ?? true);
    left += width + (at === columns.length - 1 ? 0 : isEdge ? gaps.x * 0.45 : gaps.x * Math.min(1.8, 0.9 + crossing / 50));
  });
  if (columns.length === 0) top = bottom = 0;
  const lanes = slots.lanesOf.map((taken) =>
    taken?.flatMap((lane) => {
      const at = slots.column[lane] ?? 0;
      return [lefts[at] ?? 0, (lefts[at] ?? 0) + (widths[at] ?? 0), (y[lane] ?? 0) - top];
    }),
  );
  return { x, y: y.subarray(0, items.length).map((height) => height - top), lanes, width: left, height: bottom - top };
}

/** Columns too long for a screen, each folded into several, in rows that keep the order. */
function folded(slots: Slots, columns: readonly number[][], items: readonly Item[], gaps: Gaps): Placed {
  const gapX = gaps.x * 0.5;
  const area = items.reduce((sum, item) => sum + (item.width + gapX) * (item.height + gaps.y), 0);
  const limit = Math.sqrt(area / SHAPE);
  const x = new Float64Array(items.length);
  const y = new Float64Array(items.length);
  let left = 0;
  let tallest = 0;
  for (const column of columns) {
    const total = column.reduce((sum, slot) => sum + (items[slot]?.height ?? 0) + gaps.y, 0);
    const folds = Math.max(1, Math.ceil(total / limit));
    const bottoms = new Float64Array(folds);
    const widths = new Float64Array(folds);
    column.forEach((slot, at) => {
      widths[at % folds] = Math.max(widths[at % folds] ?? 0, items[slot]?.width ?? 0);
    });
    column.forEach((slot, at) => {
      const fold = at % folds;
      const { width, height } = items[slot] ?? { width: 0, height: 0 };
      const before = widths.subarray(0, fold).reduce((sum, each) => sum + each + gapX, 0);
      x[slot] = left + before + ((widths[fold] ?? 0) - width) / 2;
      y[slot] = (bottoms[fold] ?? 0) + height / 2;
      bottoms[fold] = (bottoms[fold] ?? 0) + height + gaps.y;
    });
    const tall = Math.max(...bottoms) - gaps.y;
    for (const slot of column) y[slot] = (y[slot] ?? 0) - tall / 2;
    tallest = Math.max(tallest, tall);
    left += widths.reduce((sum, each) => sum + each + gapX, 0) + gapX;
  }
  for (const column of columns) for (const slot of column) y[slot] = (y[slot] ?? 0) + tallest / 2;
  return { x, y, lanes: slots.lanesOf, width: Math.max(0, left - 2 * gapX), height: tallest };
}

/** Items without links, in rows below the others, about as wide. */
function withLoners(placed: Placed, items: readonly Item[], linked: Uint8Array, gaps: Gaps): Placed {
  const loners = items.flatMap((item, index) => (linked[index] === 1 ? [] : [{ index, item }]));
  if (loners.length === 0) return placed;
  const gapX = Math.min(gaps.x, 28);
  const area = loners.reduce((sum, { item }) => sum + (item.width + gapX) * (item.height + gaps.y), 0);
  const widest = loners.reduce((most, { item }) => Math.max(most, item.width), 0);
  const limit = Math.max(placed.width, widest, Math.sqrt(area * SHAPE));
  loners.sort((a, b) => b.item.height - a.item.height || a.index - b.index);
  let left = 0;
  let top = placed.height > 0 ? placed.height + gaps.y * 1.5 : 0;
  let row = 0;
  let width = placed.width;
  for (const { index, item } of loners) {
    if (left > 0 && left + item.width > limit) {
      left = 0;
      top += row + gaps.y;
      row = 0;
    }
    placed.x[index] = left;
    placed.y[index] = top + item.height / 2;
    left += item.width + gapX;
    width = Math.max(width, left - gapX);
    row = Math.max(row, item.height);
  }
  return { ...placed, width, height: top + row };
}
