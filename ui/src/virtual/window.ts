/** Which rows of a long list are on screen, and where: the arithmetic of `VirtualList`.
 *
 * No browser scrolls further than some tens of millions of pixels, and each stops elsewhere. A list higher than
 * `MOST` gets a scroll bar of that height and a position of its own: the wheel and keys move the position pixel by
 * pixel, the scroll bar stands for it in proportion.
 */

export const MOST = 12_000_000;

export interface Extent {
  readonly count: number;
  readonly rowHeight: number;
  /** Height of the part that is seen. */
  readonly view: number;
}

/** Height of all rows, and of what scrolls in their place. */
export function heightsOf({ count, rowHeight }: Extent): { total: number; scrolled: number } {
  const total = count * rowHeight;
  return { total, scrolled: Math.min(total, MOST) };
}

/** The furthest position: the last row at the bottom. */
export function lastPosition(extent: Extent): number {
  return Math.max(0, extent.count * extent.rowHeight - extent.view);
}

export function isScaled(extent: Extent): boolean {
  return extent.count * extent.rowHeight > MOST;
}

/** Where the scroll bar has to stand for a position. */
export function scrollOf(position: number, extent: Extent): number {
  if (!isScaled(extent)) return position;
  return Math.round((position / Math.max(1, lastPosition(extent))) * (MOST - extent.view));
}

/** The position that the scroll bar stands for. */
export function positionOf(scroll: number, extent: Extent): number {
  if (!isScaled(extent)) return scroll;
  return (scroll / Math.max(1, MOST - extent.view)) * lastPosition(extent);
}

export function clamped(position: number, extent: Extent): number {
  return Math.min(lastPosition(extent), Math.max(0, position));
}

export interface Rows {
  readonly first: number;
  /** One behind the last. */
  readonly end: number;
  /** Distance of the first row from the upper edge of the view; negative above it. */
  readonly top: number;
}

export function rowsAt(position: number, extent: Extent, spare: number): Rows {
  const { count, rowHeight, view } = extent;
  const first = Math.max(0, Math.floor(position / rowHeight) - spare);
  const end = Math.min(count, Math.ceil((position + view) / rowHeight) + spare);
  return { first, end: Math.max(first, end), top: first * rowHeight - position };
}

/** How far a key moves the position; undefined for keys that move nothing. */
export function keyStep(key: string, extent: Extent): number | undefined {
  const page = Math.max(extent.rowHeight, extent.view - extent.rowHeight);
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: extent.rowHeight,
    ArrowUp: -extent.rowHeight,
    PageDown: page,
    PageUp: -page,
    Home: Number.NEGATIVE_INFINITY,
    End: Number.POSITIVE_INFINITY,
  };
  return steps[key];
}
