/** Selections of the graph, as text. */

const BARE = /^[\w./-]+$/;
const WORDS = /^(?:and|or|not)$/i;

/** An asset by its key. */
export function keyExpression(key: string): string {
  return BARE.test(key) && !WORDS.test(key) ? key : `key:"${key.replace(/["\\*]/g, "\\$&")}"`;
}

/** How far to go: a number of steps, or all the way. */
export type Hops = number | "all";

/** An asset with what lies so many steps before and behind it: `2+model+1`, `*model`. */
export function aroundExpression(key: string, up: Hops, down: Hops): string {
  const before = up === "all" ? "*" : up > 0 ? `${up}+` : "";
  const behind = down === "all" ? "*" : down > 0 ? `+${down}` : "";
  return `${before}${keyExpression(key)}${behind}`;
}
