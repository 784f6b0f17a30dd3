/** The values of a chart: what is a line, what is a gap, and no more points than pixels. */

export interface Point {
  /** Milliseconds since 1970, or the number of a version. */
  readonly x: number;
  /** NaN and infinities are values too: they are shown as what they are. */
  readonly y: number;
  /** What a click on it leads to. */
  readonly id: string;
}

export interface Series {
  readonly id: string;
  readonly name: string;
  /** In the order of x. */
  readonly points: readonly Point[];
}

/** Runs of finite values: a line goes through each run, and not over what lies between. */
export function runsOf(points: readonly Point[]): Point[][] {
  const runs: Point[][] = [];
  let run: Point[] = [];
  for (const point of points) {
    if (Number.isFinite(point.y)) run.push(point);
    else if (run.length > 0) {
      runs.push(run);
      run = [];
    }
  }
  if (run.length > 0) runs.push(run);
  return runs;
}

/** At most four points for each of `columns`: first, least, most, last. The line through them looks the same. */
export function thinned(run: readonly Point[], columns: number): readonly Point[] {
  const first = run[0];
  const last = run.at(-1);
  if (first === undefined || last === undefined || run.length <= columns * 4) return run;
  const width = (last.x - first.x) / columns || 1;
  const kept: Point[] = [];
  let start = 0;
  while (start < run.length) {
    const column = Math.floor(((run[start]?.x ?? 0) - first.x) / width);
    let end = start;
    let least = start;
    let most = start;
    while (end < run.length && Math.floor(((run[end]?.x ?? 0) - first.x) / width) === column) {
      if ((run[end]?.y ?? 0) < (run[least]?.y ?? 0)) least = end;
      if ((run[end]?.y ?? 0) > (run[most]?.y ?? 0)) most = end;
      end += 1;
    }
    const indices = [...new Set([start, least, most, end - 1])].sort((a, b) => a - b);
    kept.push(...indices.flatMap((index) => run[index] ?? []));
    start = end;
  }
  return kept;
}

/** The index of the point nearest to `x`; -1 if there is none. */
export function nearestIndex(points: readonly Point[], x: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.x ?? 0) < x) low = middle + 1;
    else high = middle;
  }
  const after = points[low];
  const before = points[low - 1];
  if (after === undefined) return low - 1;
  return before !== undefined && x - before.x < after.x - x ? low - 1 : low;
}

/** Least and most of all finite values of x and y. */
export function extentOf(series: readonly Series[]): { x: [number, number]; y: [number, number] } {
  const x: [number, number] = [Infinity, -Infinity];
  const y: [number, number] = [Infinity, -Infinity];
  for (const { points } of series) {
    for (const point of points) {
      x[0] = Math.min(x[0], point.x);
      x[1] = Math.max(x[1], point.x);
      if (!Number.isFinite(point.y)) continue;
      y[0] = Math.min(y[0], point.y);
      y[1] = Math.max(y[1], point.y);
    }
  }
  return { x: x[0] <= x[1] ? x : [0, 1], y: y[0] <= y[1] ? y : [0, 1] };
}
