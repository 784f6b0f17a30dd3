import { expect, it } from "vitest";
import { guide } from "../../dev/graphs";
import { anchored } from "./anchor";
import { toScreen } from "./camera";
import { Grid } from "./culling";
import { layout } from "./layout";
import { requestOf, sceneOf } from "./scene";

const sample = guide();
function laid(...folded: string[]) {
  const scene = sceneOf(sample.nodes, sample.edges, sample.groups, new Set(folded));
  return { scene, layout: layout(requestOf(scene, 1.5)) };
}

it("keeps the card in the middle where it is, when a group is folded and unfolded", () => {
  const view = { width: 400, height: 200 };
  const [open, shut] = [laid(), laid("features")];
  const at = open.scene.index.get("baseline_model") ?? -1;
  const camera = { x: (open.layout.x[at] ?? 0) - 60, y: (open.layout.y[at] ?? 0) - 60, zoom: 1 };
  const folded = anchored(camera, view, open, new Grid(open.layout), shut);
  const there = shut.scene.index.get("baseline_model") ?? -1;
  expect(toScreen(folded, shut.layout.x[there] ?? 0, shut.layout.y[there] ?? 0)).toEqual({ x: 60, y: 60 });
  expect(anchored(folded, view, shut, new Grid(shut.layout), open)).toEqual(camera);
});

it("stays where it is when nothing of what was seen is left", () => {
  const camera = { x: -9_000, y: 0, zoom: 1 };
  expect(anchored(camera, { width: 10, height: 10 }, laid(), new Grid(laid().layout), laid())).toBe(camera);
});
