/** The partitions of an asset on a line: stretches of one state, as wide as they are long, and none too small to see. */

import type { PartitionStretch } from "../../api/schema";

export interface Segment {
  readonly stretch: PartitionStretch;
  /** From 0 to 1. */
  readonly start: number;
  readonly width: number;
}

/** Where each stretch lies on a line of length 1; each takes at least `least`, at the cost of the long ones. */
export function segmentsOf(stretches: readonly PartitionStretch[], least: number): readonly Segment[] {
  const total = stretches.reduce((sum, stretch) => sum + stretch.count, 0);
  if (total === 0) return [];
  const floor = Math.min(least, 1 / stretches.length);
  const wide = stretches.map((stretch) => Math.max(stretch.count / total, floor));
  const small = wide.filter((width) => width === floor);
  const rest = wide.reduce((sum, width) => sum + (width === floor ? 0 : width), 0);
  const factor = rest === 0 ? 1 / (floor * small.length) : (1 - floor * small.length) / rest;
  let start = 0;
  return stretches.map((stretch, at) => {
    const given = wide[at] ?? 0;
    const width = given === floor ? (rest === 0 ? given * factor : given) : given * factor;
    const segment = { stretch, start, width };
    start += width;
    return segment;
  });
}

/** `2026-01-01`, or a range `2026-01-01...2026-01-05`. */
export function rangeOf(stretch: Pick<PartitionStretch, "first" | "last">): string {
  return stretch.first === stretch.last ? stretch.first : `${stretch.first}...${stretch.last}`;
}

/** Keys and ranges, from what was typed: parted by commas or lines. */
export function partitionsIn(text: string): readonly string[] {
  return [...new Set(text.split(/[,\n]/).map((part) => part.trim()).filter(Boolean))];
}

/** With a range added, or taken away if it was there. */
export function toggled(text: string, range: string): string {
  const known = partitionsIn(text);
  return (known.includes(range) ? known.filter((each) => each !== range) : [...known, range]).join(", ");
}
