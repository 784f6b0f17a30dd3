/** Where the arrow keys lead: along links with the flow and against it, to neighbours across it. */
import { CARD, type Layout, type Link } from "./model";

export type Arrow = "left" | "right" | "up" | "down";

/** The card that an arrow key leads to from `card`, or -1. */
export function stepFrom(card: number, arrow: Arrow, layout: Layout, links: readonly Link[]): number {
  const isVertical = arrow === "up" || arrow === "down";
  const isAlong = (layout.direction === "down") === isVertical;
  const isForward = arrow === "right" || arrow === "down";
  if (isAlong) {
    const linked = links.flatMap((link) => {
      if (isForward) return link.from === card ? [link.to] : [];
      return link.to === card ? [link.from] : [];
    });
    if (linked.length > 0) return nearest(card, linked, arrow, layout, false);
  }
  return nearest(card, layout.x.keys(), arrow, layout, true);
}

/** The nearest of `among`; `inCone`: of those that lie in the direction of the arrow. */
function nearest(card: number, among: Iterable<number>, arrow: Arrow, layout: Layout, inCone: boolean): number {
  const isVertical = arrow === "up" || arrow === "down";
  const sign = arrow === "right" || arrow === "down" ? 1 : -1;
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  for (const other of among) {
    if (other === card) continue;
    const dx = (layout.x[other] ?? 0) - (layout.x[card] ?? 0);
    const dy = (layout.y[other] ?? 0) - (layout.y[card] ?? 0);
    const ahead = sign * (isVertical ? dy : dx);
    const aside = Math.abs(isVertical ? dx : dy);
    const size = isVertical ? CARD.height : CARD.width;
    if (inCone && (ahead < size / 2 || aside > ahead * 1.5 + size)) continue;
    const far = Math.abs(ahead) + 2 * aside;
    if (far < least) {
      least = far;
      best = other;
    }
  }
  return best;
}
