/** What `layered` works on: items and lanes in columns, and the pieces of links between neighbouring columns. */
import { type Incidence, incidence } from "./incidence";

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

export const LANE = { height: 2, gap: 12 } as const;

/** A place in a column: an item, or a lane of links that pass. */
export interface Slots {
  readonly count: number;
  readonly column: Int32Array;
  readonly height: Float64Array;
  readonly isLane: Uint8Array;
  /** Segments between neighbouring columns, both ways, as flat lists. */
  readonly segments: readonly Segment[];
  readonly incoming: Incidence;
  readonly outgoing: Incidence;
  /** Slots of the lanes that a link takes. */
  readonly lanesOf: readonly (readonly number[] | undefined)[];
}

export interface Segment {
  readonly from: number;
  readonly to: number;
  readonly fromPort: number;
  readonly toPort: number;
  readonly weight: number;
}

export function slotsOf(
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
  return {
    count,
    column: Int32Array.from(columns),
    height: Float64Array.from(heights),
    isLane: Uint8Array.from(isLane),
    segments,
    incoming: incidence(count, segments, "to"),
    outgoing: incidence(count, segments, "from"),
    lanesOf,
  };
}
