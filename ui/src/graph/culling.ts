/** Which cards and links may touch a rectangle, and which card is at a point: a grid over the world. */
import type { Rect } from "./camera";
import { CARD, type Layout } from "./model";

const CELLS = 4_096;
const LEAST_CELL = 400;
/** A link over more cells than this is in a list of its own, and looked at each time. */
const WIDE = 48;

/** Entries of all cells in one list; those of cell i between `starts[i]` and `starts[i + 1]`. */
interface Cells {
  readonly starts: Uint32Array;
  readonly entries: Uint32Array;
}

export class Grid {
  private readonly cell: number;
  private readonly columns: number;
  private readonly rows: number;
  private readonly cards: Cells;
  private readonly links: Cells;
  private readonly wide: number[] = [];
  /** Left, top, right, bottom of each link. */
  private readonly extents: Float32Array;
  private readonly mark: Uint32Array;
  private marked = 0;

  constructor(private readonly layout: Layout) {
    const { width, height, x, y, starts } = layout;
    this.cell = Math.max(LEAST_CELL, Math.sqrt((width * height) / CELLS));
    this.columns = Math.max(1, Math.ceil(width / this.cell) + 1);
    this.rows = Math.max(1, Math.ceil(height / this.cell) + 1);
    const links = starts.length - 1;
    this.extents = extentsOf(layout);
    this.mark = new Uint32Array(Math.max(x.length, links));
    this.cards = this.filled(x.length, (card) => [
      x[card] ?? 0,
      y[card] ?? 0,
      (x[card] ?? 0) + CARD.width,
      (y[card] ?? 0) + CARD.height,
    ]);
    this.links = this.filled(links, (link) => {
      const extent = this.extents.subarray(link * 4, link * 4 + 4);
      const [left = 0, top = 0, right = 0, bottom = 0] = this.range(extent[0], extent[1], extent[2], extent[3]);
      if ((right - left + 1) * (bottom - top + 1) <= WIDE) return extent;
      this.wide.push(link);
      return undefined;
    });
  }

  /** Indices of cards in the rectangle, in order. */
  cardsIn(area: Rect): number[] {
    const { x, y } = this.layout;
    return this.found(this.cards, area, (card) => {
      const left = x[card] ?? 0;
      const top = y[card] ?? 0;
      return left <= area.x + area.width && left + CARD.width >= area.x && top <= area.y + area.height && top + CARD.height >= area.y;
    }).sort((a, b) => a - b);
  }

  /** Indices of links whose extent meets the rectangle. */
  linksIn(area: Rect): number[] {
    const { extents } = this;
    const touches = (link: number): boolean =>
      (extents[link * 4] ?? 0) <= area.x + area.width &&
      (extents[link * 4 + 2] ?? 0) >= area.x &&
      (extents[link * 4 + 1] ?? 0) <= area.y + area.height &&
      (extents[link * 4 + 3] ?? 0) >= area.y;
    const found = this.found(this.links, area, touches);
    for (const link of this.wide) if (touches(link)) found.push(link);
    return found;
  }

  /** The card at a point, or -1. */
  cardAt(x: number, y: number): number {
    return this.cardsIn({ x, y, width: 0, height: 0 }).at(-1) ?? -1;
  }

  private range(left = 0, top = 0, right = 0, bottom = 0): readonly [number, number, number, number] {
    const column = (at: number) => Math.min(this.columns - 1, Math.max(0, Math.floor(at / this.cell)));
    const row = (at: number) => Math.min(this.rows - 1, Math.max(0, Math.floor(at / this.cell)));
    return [column(left), row(top), column(right), row(bottom)];
  }

  private filled(count: number, extent: (index: number) => ArrayLike<number> | undefined): Cells {
    const starts = new Uint32Array(this.columns * this.rows + 1);
    const ranges = new Int32Array(count * 4).fill(-1);
    const each = (index: number, visit: (cell: number) => void) => {
      const [left = 0, top = 0, right = 0, bottom = 0] = ranges.subarray(index * 4, index * 4 + 4);
      if (left < 0) return;
      for (let row = top; row <= bottom; row++) for (let column = left; column <= right; column++) visit(row * this.columns + column);
    };
    for (let index = 0; index < count; index++) {
      const around = extent(index);
      if (around === undefined) continue;
      ranges.set(this.range(around[0], around[1], around[2], around[3]), index * 4);
      each(index, (cell) => (starts[cell + 1] = (starts[cell + 1] ?? 0) + 1));
    }
    for (let cell = 0; cell + 1 < starts.length; cell++) starts[cell + 1] = (starts[cell + 1] ?? 0) + (starts[cell] ?? 0);
    const next = starts.slice();
    const entries = new Uint32Array(starts.at(-1) ?? 0);
    for (let index = 0; index < count; index++) {
      each(index, (cell) => {
        entries[next[cell] ?? 0] = index;
        next[cell] = (next[cell] ?? 0) + 1;
      });
    }
    return { starts, entries };
  }

  private found(cells: Cells, area: Rect, touches: (index: number) => boolean): number[] {
    this.marked += 1;
    const found: number[] = [];
    const [left, top, right, bottom] = this.range(area.x, area.y, area.x + area.width, area.y + area.height);
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        const cell = row * this.columns + column;
        const end = cells.starts[cell + 1] ?? 0;
        for (let at = cells.starts[cell] ?? 0; at < end; at++) {
          const index = cells.entries[at] ?? 0;
          if (this.mark[index] === this.marked) continue;
          this.mark[index] = this.marked;
          if (touches(index)) found.push(index);
        }
      }
    }
    return found;
  }
}

/** Around the way points, and a little more: curves that lead back bulge beyond their ends. */
function extentsOf({ points, starts }: Layout): Float32Array {
  const count = starts.length - 1;
  const extents = new Float32Array(count * 4);
  for (let link = 0; link < count; link++) {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let at = starts[link] ?? 0; at < (starts[link + 1] ?? 0); at += 2) {
      const x = points[at] ?? 0;
      const y = points[at + 1] ?? 0;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
    extents.set([left - BULGE, top - BULGE, right + BULGE, bottom + BULGE], link * 4);
  }
  return extents;
}

/** How far a curve may leave the rectangle around its way points. */
export const BULGE = 60;
