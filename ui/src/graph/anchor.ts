/** The camera after a new layout: what the reader was looking at stays where it was on screen. */
import { type Camera, seen, type Size } from "./camera";
import type { Grid } from "./culling";
import { CARD, type Layout, type Scene } from "./model";

interface Laid {
  readonly scene: Scene;
  readonly layout: Layout;
}

/** The camera that shows the card nearest to the middle where it was before; the same one if no card is left. */
export function anchored(camera: Camera, view: Size, before: Laid, grid: Grid, after: Laid): Camera {
  const area = seen(camera, view);
  const middle = { x: area.x + area.width / 2, y: area.y + area.height / 2 };
  let least = Number.POSITIVE_INFINITY;
  let moved = camera;
  for (const card of grid.cardsIn(area)) {
    const old = before.scene.cards[card];
    // A card that stood for a folded group goes on in the first of its assets.
    const now = after.scene.index.get(old?.folded?.[0] ?? old?.id ?? "");
    if (now === undefined) continue;
    const x = before.layout.x[card] ?? 0;
    const y = before.layout.y[card] ?? 0;
    const far = Math.hypot(x + CARD.width / 2 - middle.x, y + CARD.height / 2 - middle.y);
    if (far >= least) continue;
    least = far;
    moved = { ...camera, x: camera.x + (after.layout.x[now] ?? 0) - x, y: camera.y + (after.layout.y[now] ?? 0) - y };
  }
  return moved;
}
