/** The heights in each column, in the order that is given: straight links, or columns folded to the shape of a screen. */
import type { Incidence } from "./incidence";
import { type Gaps, type Item, LANE, type Placed, type Slots } from "./slots";

/** Columns higher than this may be folded. */
const FOLD_BEYOND = 6_000;
/** Width by height of what is folded to fit a screen. */
const SHAPE = 1.6;

/** Heights that make links as straight as the order and the distances allow. */
export function straightened(slots: Slots, columns: readonly number[][], items: readonly Item[], gaps: Gaps, rounds: number): Placed {
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
  let sum = 0;
  let weight = 0;
  const pull = (side: Incidence, slot: number, sign: number) => {
    for (let at = side.starts[slot] ?? 0; at < (side.starts[slot + 1] ?? 0); at++) {
      const segment = slots.segments[side.indices[at] ?? 0];
      if (segment === undefined) continue;
      sum += segment.weight * ((y[side.ends[at] ?? 0] ?? 0) + sign * (segment.fromPort - segment.toPort));
      weight += segment.weight;
    }
  };
  const settle = (column: readonly number[], useIn: boolean, useOut: boolean) => {
    const wanted: number[] = [];
    const weights: number[] = [];
    for (const slot of column) {
      sum = weight = 0;
      if (useIn) pull(slots.incoming, slot, 1);
      if (useOut) pull(slots.outgoing, slot, -1);
      wanted.push(weight > 0 ? sum / weight : (y[slot] ?? 0));
      weights.push(weight > 0 ? weight : 0.01);
    }
    const settled = spread(wanted, weights, (index) => distance(column[index] ?? 0, column[index + 1] ?? 0));
    column.forEach((slot, index) => (y[slot] = settled[index] ?? 0));
  };
  for (let round = 0; round < 2 * rounds; round++) {
    for (let at = 1; at < columns.length; at++) settle(columns[at] ?? [], true, round >= rounds);
    for (let at = columns.length - 2; at >= 0; at--) settle(columns[at] ?? [], round >= rounds, true);
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
    const crossing = column.reduce((sum, slot) => sum + (slots.outgoing.starts[slot + 1] ?? 0) - (slots.outgoing.starts[slot] ?? 0), 0);
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
export function folded(slots: Slots, columns: readonly number[][], items: readonly Item[], gaps: Gaps): Placed {
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

/** Whether columns are so much longer than all of them are wide that nobody could see the whole. */
export function isTall(columns: readonly number[][], items: readonly Item[], gaps: Gaps): boolean {
  let width = 0;
  let height = 0;
  for (const column of columns) {
    const cards = column.flatMap((slot) => items[slot] ?? []);
    width += cards.reduce((most, item) => Math.max(most, item.width), 0) + gaps.x;
    height = Math.max(height, cards.reduce((sum, item) => sum + item.height + gaps.y, 0));
  }
  return height > FOLD_BEYOND && height > 4 * width;
}

/** Items without links, in rows below the others, about as wide. */
export function withLoners(placed: Placed, items: readonly Item[], linked: Uint8Array, gaps: Gaps): Placed {
  const loners = items.flatMap((item, index) => (linked[index] === 1 || item.width === 0 ? [] : [{ index, item }]));
  if (loners.length === 0) return placed;
  // Where there are gates, their column comes first.
  let indent = Number.POSITIVE_INFINITY;
  items.forEach((item, index) => {
    if (linked[index] === 1 && item.width > 0) indent = Math.min(indent, placed.x[index] ?? 0);
  });
  if (indent === Number.POSITIVE_INFINITY) indent = 0;
  const gapX = Math.min(gaps.x, 28);
  const area = loners.reduce((sum, { item }) => sum + (item.width + gapX) * (item.height + gaps.y), 0);
  const widest = loners.reduce((most, { item }) => Math.max(most, item.width), 0);
  const limit = Math.max(placed.width, indent + Math.max(widest, Math.sqrt(area * SHAPE)));
  loners.sort((a, b) => b.item.height - a.item.height || a.index - b.index);
  let left = indent;
  let top = placed.height > 0 ? placed.height + gaps.y * 1.5 : 0;
  let row = 0;
  let width = placed.width;
  for (const { index, item } of loners) {
    if (left > indent && left + item.width > limit) {
      left = indent;
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
