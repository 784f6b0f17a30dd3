/** The columns of a level: which items stand below one another. */
import { acyclic } from "./cycles";
import { type Ends, type Incidence, incidence } from "./incidence";
import type { Item } from "./slots";

/** The column of each item: the longest way to it, then as near to what uses it as it can be. */
export function columnsOf(items: readonly Item[], links: readonly Ends[]): Int32Array {
  let ways = longest(items, links);
  // Cycles are rare, and cost more to look for than to meet.
  if (ways.order.length < items.length) ways = longest(items, acyclic(items, links));
  const { column, order, incoming, outgoing } = ways;
  for (let at = order.length - 1; at >= 0; at--) {
    const item = order[at] ?? 0;
    if (items[item]?.pin !== undefined) continue;
    const [start, stop] = [outgoing.starts[item] ?? 0, outgoing.starts[item + 1] ?? 0];
    let uses = 0;
    let nearest = Number.POSITIVE_INFINITY;
    for (let index = start; index < stop; index++) {
      const next = outgoing.ends[index] ?? 0;
      if (items[next]?.pin === "last") continue;
      uses += 1;
      nearest = Math.min(nearest, column[next] ?? 0);
    }
    const needs = (incoming.starts[item + 1] ?? 0) - (incoming.starts[item] ?? 0);
    if (uses > needs) column[item] = Math.max(column[item] ?? 0, nearest - 1);
  }
  let last = 0;
  items.forEach((item, index) => {
    if (item.pin !== "last") last = Math.max(last, (column[index] ?? 0) + 1);
  });
  items.forEach((item, index) => {
    if (item.pin === "last") column[index] = last;
  });
  return column;
}

interface Ways {
  readonly column: Int32Array;
  /** The items, each after all that lead to it; without those that are in a cycle or behind one. */
  readonly order: Int32Array;
  readonly incoming: Incidence;
  readonly outgoing: Incidence;
}

/** The longest way to each item. */
function longest(items: readonly Item[], links: readonly Ends[]): Ways {
  const count = items.length;
  const incoming = incidence(count, links, "to");
  const outgoing = incidence(count, links, "from");
  const degree = Int32Array.from({ length: count }, (_, item) => (incoming.starts[item + 1] ?? 0) - (incoming.starts[item] ?? 0));
  const hasFirst = items.some((item) => item.pin === "first") ? 1 : 0;
  const column = new Int32Array(count);
  const order = new Int32Array(count);
  let known = 0;
  for (let item = 0; item < count; item++) if (degree[item] === 0) order[known++] = item;
  for (let at = 0; at < known; at++) {
    const item = order[at] ?? 0;
    if (items[item]?.pin !== "first") column[item] = Math.max(column[item] ?? 0, hasFirst);
    for (let index = outgoing.starts[item] ?? 0; index < (outgoing.starts[item + 1] ?? 0); index++) {
      const next = outgoing.ends[index] ?? 0;
      column[next] = Math.max(column[next] ?? 0, (column[item] ?? 0) + 1);
      degree[next] = (degree[next] ?? 0) - 1;
      if (degree[next] === 0) order[known++] = next;
    }
  }
  return { column, order: order.subarray(0, known), incoming, outgoing };
}
