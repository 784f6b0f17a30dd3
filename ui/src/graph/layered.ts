/** One level of the layout: items in columns, links from left to right.
 *
 *     links ─► no cycles ─► columns (longest path, pulled tight) ─► lanes for links that pass columns
 *           ─► order in each column (barycentres, swaps) ─► heights (least squares under minimal distances)
 *
 * All is deterministic: equal input, equal picture. Small graphs get lanes, so that no link crosses a card, and
 * many sweeps; large ones get neither, and columns folded to the shape of a screen.
 */

import { columnsOf } from "./columns";
import { folded, isTall, straightened, withLoners } from "./heights";
import { ordered, type Sweeps } from "./order";
import { type Gaps, type Item, type ItemLink, type Placed, slotsOf } from "./slots";

/** Beyond this many items or lanes, lanes and sweeps cost more than they show. */
const LARGE = 1_500;
const LANES = 4_000;
/** Up to this many slots, time for the last crossing. */
const SMALL = 700;

interface Effort extends Sweeps {
  readonly rounds: number;
}

const THOROUGH: Effort = { sweeps: 16, swaps: 3, rounds: 6 };
const USUAL: Effort = { sweeps: 8, swaps: 1, rounds: 2 };
const QUICK: Effort = { sweeps: 6, swaps: 0, rounds: 1 };

/** How much care is taken at most: `usual` for one of tens of boxes, `quick` for one of hundreds, and without lanes. */
export type Care = "full" | "usual" | "quick";

export function layered(items: readonly Item[], links: readonly ItemLink[], gaps: Gaps, care: Care = "full"): Placed {
  const linked = new Uint8Array(items.length);
  for (const link of links) linked[link.from] = linked[link.to] = 1;
  const column = columnsOf(items, links);
  const isLarge = items.length > LARGE || lanesNeeded(links, column) > LANES;
  const slots = slotsOf(items, links, column, linked, !isLarge && care !== "quick");
  const effort = isLarge || care === "quick" ? QUICK : care === "full" && slots.count <= SMALL ? THOROUGH : USUAL;
  const columns = ordered(slots, items, effort);
  const isFolded = isLarge || isTall(columns, items, gaps);
  const placed = isFolded ? folded(slots, columns, items, gaps) : straightened(slots, columns, items, gaps, effort.rounds);
  return withLoners(placed, items, linked, gaps);
}

/** How many lanes the links would take, each for itself: more than there will be. */
function lanesNeeded(links: readonly ItemLink[], column: Int32Array): number {
  let lanes = 0;
  for (const link of links) lanes += Math.max(0, (column[link.to] ?? 0) - (column[link.from] ?? 0) - 1);
  return lanes;
}
