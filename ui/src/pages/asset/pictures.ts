/** Metadata that is drawn: two pictures say more than that their texts differ. */

import type { Change } from "../../api/schema";

const DRAWN = /!\[[^\]]*\]\(data:image\//;

export function isPicture({ before, after }: Change): boolean {
  return [before, after].some((side) => typeof side === "string" && DRAWN.test(side));
}
