/** Links that lead round in circles, brought to lead one way.
 *
 * Cards have no cycles, boxes often do: two groups can each use something of the other. Within such a knot the mean
 * depth of the cards inside decides which links count as forward; those between boxes of one depth decide nothing.
 */
import { type Ends, incidence } from "./incidence";

/** Less than this far apart, two boxes of a knot stand side by side. */
const BESIDE = 0.75;

/** The links without cycles: some turned round, some left out. */
export function acyclic(items: readonly { readonly rank?: number }[], links: readonly Ends[]): Ends[] {
  const knot = knotsOf(items.length, links);
  const ordered: Ends[] = [];
  const undecided: Ends[] = [];
  for (const { from, to } of links) {
    if (from === to) continue;
    const ahead = (items[to]?.rank ?? Number.NaN) - (items[from]?.rank ?? Number.NaN);
    if (knot[from] !== knot[to] || ahead >= BESIDE) ordered.push({ from, to });
    else if (Number.isNaN(ahead)) undecided.push({ from, to });
    else if (ahead <= -BESIDE) ordered.push({ from: to, to: from });
  }
  for (const { from, to } of undecided) ordered.push(from < to ? { from, to } : { from: to, to: from });
  return ordered;
}

/** The number of the strongly connected component of each item (Tarjan, without recursion). */
export function knotsOf(count: number, links: readonly Ends[]): Int32Array {
  const { starts, ends: targets } = incidence(count, links, "from");
  const knot = new Int32Array(count).fill(-1);
  const seen = new Int32Array(count); // 0: not yet, otherwise when
  const low = new Int32Array(count);
  const next = starts.slice(0, count);
  const open: number[] = [];
  let clock = 0;
  let knots = 0;
  for (let root = 0; root < count; root++) {
    if (seen[root] !== 0) continue;
    const path = [root];
    for (let item = path.at(-1); item !== undefined; item = path.at(-1)) {
      if (seen[item] === 0) {
        seen[item] = low[item] = ++clock;
        open.push(item);
      }
      const at = next[item] ?? 0;
      if (at < (starts[item + 1] ?? 0)) {
        next[item] = at + 1;
        const to = targets[at] ?? 0;
        if (seen[to] === 0) path.push(to);
        else if (knot[to] === -1) low[item] = Math.min(low[item] ?? 0, seen[to] ?? 0);
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) low[parent] = Math.min(low[parent] ?? 0, low[item] ?? 0);
      if (low[item] !== seen[item]) continue;
      for (let member = open.pop(); member !== undefined; member = open.pop()) {
        knot[member] = knots;
        if (member === item) break;
      }
      knots += 1;
    }
  }
  return knot;
}
