/** Everything that is drawn, apart from where the camera is. */
import type { Grid } from "./culling";
import type { FoldedStatus } from "./scene";
import type { Layout, NodeStatus, Scene } from "./model";
import type { Palette } from "./palette";
import type { Fitter } from "./text";

export interface Picture {
  readonly scene: Scene;
  readonly layout: Layout;
  readonly grid: Grid;
  readonly palette: Palette;
  readonly fitter: Fitter;
  /** Of each card. */
  readonly statuses: readonly (NodeStatus | FoldedStatus)[];
  /** How many cards are in each box. */
  readonly members: Uint32Array;
  /** 1 for each card that stands back because others are looked for. */
  readonly faded: Uint8Array | undefined;
}

/** How much of a card there is room for. */
export type Detail = "card" | "label" | "dot";

export function detailAt(zoom: number): Detail {
  if (zoom >= 0.5) return "card";
  return zoom >= 0.2 ? "label" : "dot";
}

export function membersOf(scene: Scene): Uint32Array {
  const members = new Uint32Array(scene.groups.length);
  for (const { group } of scene.cards) if (group >= 0) members[group] = (members[group] ?? 0) + 1;
  return members;
}

interface Ends {
  readonly into: readonly (readonly number[])[];
  readonly outOf: readonly (readonly number[])[];
}

const ends = new WeakMap<Scene, Ends>();

/** Of each card the links that lead into it and out of it; found once for a scene, asked in every frame. */
export function endsOf(scene: Scene): Ends {
  const known = ends.get(scene);
  if (known !== undefined) return known;
  const into: number[][] = scene.cards.map(() => []);
  const outOf: number[][] = scene.cards.map(() => []);
  scene.links.forEach((link, index) => {
    into[link.to]?.push(index);
    outOf[link.from]?.push(index);
  });
  const found = { into, outOf };
  ends.set(scene, found);
  return found;
}
