/** Inputs that differ between two versions: which versions of which asset they were. */

import type { Change } from "../../api/schema";

export interface InputChange {
  readonly asset: string;
  readonly partition: string | undefined;
  readonly before: number;
  readonly after: number;
}

const VERSION = /^version (\d+)$/;
const SLICE = /^(.+?)\[(.*)\]$/;

/** Where an input is a version on both sides; undefined where it is new, gone, or only known by its content. */
export function inputOf(change: Change): InputChange | undefined {
  const [before, after] = [change.before, change.after].map((side) => (typeof side === "string" ? VERSION.exec(side)?.[1] : undefined));
  if (before === undefined || after === undefined) return undefined;
  const slice = SLICE.exec(change.name);
  return { asset: slice?.[1] ?? change.name, partition: slice?.[2], before: Number(before), after: Number(after) };
}
