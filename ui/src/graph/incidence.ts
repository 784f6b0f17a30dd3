/** Which links meet at which item, both ways, as flat lists. */

export interface Ends {
  readonly from: number;
  readonly to: number;
}

/** The links at each item, in one array: those of item `i` are `indices[starts[i]]` up to `indices[starts[i + 1]]`.
 * `ends` are the items at their other ends. A graph has tens of thousands of items, too many for a list each. */
export interface Incidence {
  readonly starts: Int32Array;
  readonly indices: Int32Array;
  readonly ends: Int32Array;
}

export function incidence(count: number, links: readonly Ends[], here: keyof Ends): Incidence {
  const there = here === "from" ? "to" : "from";
  const starts = new Int32Array(count + 1);
  for (const link of links) starts[link[here] + 1] = (starts[link[here] + 1] ?? 0) + 1;
  for (let item = 0; item < count; item++) starts[item + 1] = (starts[item + 1] ?? 0) + (starts[item] ?? 0);
  const next = starts.slice();
  const indices = new Int32Array(links.length);
  const ends = new Int32Array(links.length);
  links.forEach((link, index) => {
    const at = next[link[here]] ?? 0;
    next[link[here]] = at + 1;
    indices[at] = index;
    ends[at] = link[there];
  });
  return { starts, indices, ends };
}
