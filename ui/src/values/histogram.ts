/** Bars of a histogram in a box of given size. */

export interface Bar {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** One bar for each count; the highest fills the height, one that is not empty is at least a pixel high. */
export function barsOf(edges: readonly number[], counts: readonly number[], width: number, height: number): Bar[] {
  const most = Math.max(...counts, 1);
  const first = edges[0] ?? 0;
  const span = (edges.at(-1) ?? 0) - first || 1;
  return counts.flatMap((count, at) => {
    const from = edges[at];
    const to = edges[at + 1];
    if (from === undefined || to === undefined) return [];
    const high = count === 0 ? 0 : Math.max(1, (count / most) * height);
    return [{ x: ((from - first) / span) * width, y: height - high, width: Math.max(1, ((to - from) / span) * width - 1), height: high, from, to, count }];
  });
}
