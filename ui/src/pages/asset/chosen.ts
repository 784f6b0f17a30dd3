/** The versions that are chosen to be compared: two at most, of one partition. */

import type { VersionRow } from "../../api/schema";

export type Chosen = Pick<VersionRow, "id" | "number" | "partition">;

/** After a click on one more: it is taken away if it was there; the oldest choice makes room for a third. */
export function chosenAfter(chosen: readonly Chosen[], clicked: Chosen): readonly Chosen[] {
  if (chosen.some((each) => each.id === clicked.id)) return chosen.filter((each) => each.id !== clicked.id);
  const kept = chosen.filter((each) => each.partition === clicked.partition).slice(-1);
  return [...kept, clicked];
}

export interface Pair {
  readonly before: number;
  readonly after: number;
  readonly partition: string | undefined;
}

/** The two, the older first. */
export function pairOf(chosen: readonly Chosen[]): Pair | undefined {
  const [one, other] = chosen;
  if (one === undefined || other === undefined) return undefined;
  return {
    before: Math.min(one.number, other.number),
    after: Math.max(one.number, other.number),
    partition: one.partition ?? undefined,
  };
}
