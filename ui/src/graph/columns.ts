/** The columns of a level: which items stand below one another. */
import { acyclic } from "./cycles";
import type { Item, ItemLink } from "./slots";

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
