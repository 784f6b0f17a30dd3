/** What moves or follows the pointer, on a canvas of its own above the picture: runs, the selection, lineage. */
import { type Camera, seen, type Size } from "./camera";
import { CHIP } from "./cards";
import { intoWorld } from "./draw";
import { traceHead, traceLink } from "./links";
import { CARD } from "./model";
import { detailAt, endsOf, type Picture } from "./picture";

export interface Attention {
  readonly selected: ReadonlySet<number>;
  readonly hovered: number;
}

/** Beyond this many on screen, runs stand still: nobody follows so many wheels. */
const MOVING = 300;

/** What was drawn: nothing (the canvas can be hidden), something, or something that moves (again in the next frame). */
export type Drawn = "nothing" | "still" | "moving";

export function drawLive(
  context: CanvasRenderingContext2D,
  picture: Picture,
  camera: Camera,
  view: Size,
  ratio: number,
  attention: Attention,
  now: number | undefined,
): Drawn {
  const area = seen(camera, view);
  const running = picture.grid.cardsIn(area).filter((card) => picture.statuses[card]?.state === "running");
  const isCrowd = running.length > MOVING;
  const hasRuns = running.length > 0 && !(isCrowd && detailAt(camera.zoom) === "dot"); // their colour says it
  if (!hasRuns && attention.hovered < 0 && attention.selected.size === 0) return "nothing";
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  intoWorld(context, camera, ratio);
  drawLineage(context, picture, camera, attention);
  const isMoving = hasRuns && !isCrowd && now !== undefined;
  if (hasRuns) drawRuns(context, picture, camera, running, isMoving ? now : 0);
  drawRings(context, picture, camera, attention, area);
  return isMoving ? "moving" : "still";
}

/** The links of what is hovered or selected, in the accent's colour. */
function drawLineage(context: CanvasRenderingContext2D, picture: Picture, camera: Camera, attention: Attention): void {
  const { layout, palette, scene } = picture;
  if (attention.hovered < 0 && attention.selected.size === 0) return;
  const { into, outOf } = endsOf(scene);
  const lit = [...attention.selected, attention.hovered].flatMap((card) => [...(into[card] ?? []), ...(outOf[card] ?? [])]);
  context.strokeStyle = context.fillStyle = palette.accent;
  context.lineWidth = Math.max(2, 1.4 / camera.zoom);
  context.beginPath();
  for (const index of lit.slice(0, 2_000)) traceLink(context, layout, index);
  context.stroke();
  if (detailAt(camera.zoom) !== "card") return;
  context.beginPath();
  for (const index of lit) traceHead(context, layout, index, 9);
  context.fill();
}

function drawRuns(context: CanvasRenderingContext2D, picture: Picture, camera: Camera, running: readonly number[], now: number): void {
  const { layout, palette, scene } = picture;
  const detail = detailAt(camera.zoom);
  context.strokeStyle = palette.state.running;
  context.lineCap = "round";
  if (detail === "dot") {
    context.lineWidth = 2 / camera.zoom;
    context.globalAlpha = 0.45 + 0.4 * Math.sin(now / 260);
    for (const card of running) context.strokeRect(layout.x[card] ?? 0, layout.y[card] ?? 0, CARD.width, CARD.height);
    context.globalAlpha = 1;
    return;
  }
  const { into } = endsOf(scene);
  context.lineWidth = Math.max(2, 1.2 / camera.zoom);
  context.setLineDash([3, 9]);
  context.lineDashOffset = -now / 32;
  context.beginPath();
  for (const card of running) for (const index of into[card] ?? []) traceLink(context, layout, index);
  context.stroke();
  context.setLineDash([]);
  const turn = (now / 1_000) * 2 * Math.PI;
  context.lineWidth = 2.6;
  for (const card of running) {
    const x = (layout.x[card] ?? 0) + CHIP.x;
    const y = (layout.y[card] ?? 0) + CHIP.y;
    context.beginPath();
    context.arc(x, y, CHIP.radius + 1.2, turn, turn + 1.5 + Math.sin(now / 480) * 0.7);
    context.stroke();
  }
}

function drawRings(
  context: CanvasRenderingContext2D,
  picture: Picture,
  camera: Camera,
  attention: Attention,
  area: { x: number; y: number; width: number; height: number },
): void {
  const { layout, palette, grid } = picture;
  const ring = (card: number, width: number, gap: number) => {
    const size = { width: CARD.width + 2 * gap, height: CARD.height + 2 * gap };
    context.lineWidth = width;
    context.beginPath();
    context.roundRect((layout.x[card] ?? 0) - gap, (layout.y[card] ?? 0) - gap, size.width, size.height, 12 + gap);
    context.stroke();
  };
  context.strokeStyle = palette.accent;
  if (attention.selected.size > 0) {
    for (const card of grid.cardsIn(area)) if (attention.selected.has(card)) ring(card, Math.max(2.5, 1.6 / camera.zoom), 2.5);
  }
  if (attention.hovered >= 0 && !attention.selected.has(attention.hovered)) {
    context.globalAlpha = 0.6;
    ring(attention.hovered, Math.max(1.5, 1.2 / camera.zoom), 1);
    context.globalAlpha = 1;
  }
}
