/** One card, as it looks from near and from half-way. */
import { LOOKS, type State } from "../states/states";
import { CARD, type NodeStatus } from "./model";
import type { Palette } from "./palette";
import type { Picture } from "./picture";

const RADIUS = 12;
/** The round field with the state's icon. */
export const CHIP = { x: 27, y: CARD.height / 2, radius: 15 } as const;
const TEXT = 52;
const END = CARD.width - 14;

const icons = new Map<State, Path2D>();

/** The icon of a state, in a box of 16 × 16. */
export function iconOf(state: State): Path2D {
  let icon = icons.get(state);
  if (icon === undefined) {
    icon = new Path2D(LOOKS[state].icon);
    icons.set(state, icon);
  }
  return icon;
}

/** All there is to see: icon, name, value, kind, checks. Drawn from the card's own upper left corner. */
export function drawCard(context: CanvasRenderingContext2D, picture: Picture, card: number, scale: number): void {
  const { layout, scene, palette, fitter } = picture;
  const shown = scene.cards[card];
  const status = picture.statuses[card];
  if (shown === undefined || status === undefined) return;
  context.save();
  context.translate(layout.x[card] ?? 0, layout.y[card] ?? 0);
  if (shown.folded !== undefined) drawStack(context, palette);
  drawPlate(context, palette, status.state, scale);
  drawChip(context, palette, status.state);
  context.textBaseline = "alphabetic";
  const nameFont = `600 13.5px ${palette.font}`;
  context.font = nameFont;
  context.fillStyle = palette.ink;
  context.fillText(fitter.fit(shown.name, nameFont, END - TEXT, "middle"), TEXT, 27);
  if ("shares" in status) drawShares(context, palette, status.shares);
  const taken = "shares" in status ? 84 : drawChecks(context, picture, status.checks);
  drawDetails(context, picture, status, shown.folded === undefined ? shown.kind : "", END - TEXT - taken);
  context.restore();
}

function drawPlate(context: CanvasRenderingContext2D, palette: Palette, state: State, scale: number): void {
  const line = Math.max(1, Math.round(scale)) / scale;
  for (const [down, spread] of [
    [3, 1],
    [1, 0.5],
  ] as const) {
    context.beginPath();
    context.roundRect(-spread, down - spread, CARD.width + 2 * spread, CARD.height + 2 * spread, RADIUS + spread);
    context.fillStyle = palette.shadow;
    context.save();
    context.globalAlpha *= 0.45;
    context.fill();
    context.restore();
  }
  context.beginPath();
  context.roundRect(line / 2, line / 2, CARD.width - line, CARD.height - line, RADIUS - line / 2);
  context.fillStyle = palette.surface;
  context.fill();
  const isLoud = state === "failed" || state === "running";
  context.lineWidth = isLoud ? 1.5 : line;
  context.strokeStyle = isLoud ? palette.state[state] : state === "missing" ? palette.lineStrong : palette.line;
  if (state === "missing") context.setLineDash([5, 4]);
  context.stroke();
  context.setLineDash([]);
}

/** Two edges of cards below this one. */
function drawStack(context: CanvasRenderingContext2D, palette: Palette): void {
  for (const depth of [2, 1]) {
    context.beginPath();
    context.roundRect(depth * 5, depth * 4, CARD.width - depth * 10, CARD.height, RADIUS);
    context.fillStyle = palette.surface;
    context.fill();
    context.strokeStyle = palette.lineStrong;
    context.lineWidth = 1;
    context.stroke();
  }
}

function drawChip(context: CanvasRenderingContext2D, palette: Palette, state: State): void {
  const colour = palette.state[state];
  context.beginPath();
  context.arc(CHIP.x, CHIP.y, CHIP.radius, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.save();
  context.globalAlpha *= 0.14;
  context.fill();
  context.restore();
  context.save();
  context.translate(CHIP.x - 8.4, CHIP.y - 8.4);
  context.scale(1.05, 1.05);
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = state === "missing" ? 2.6 : 1.9;
  context.lineCap = context.lineJoin = "round";
  if (state === "running") context.fill(iconOf(state));
  context.stroke(iconOf(state));
  context.restore();
}

/** A pill with the verdict of the checks; says how much room it took of the second line. */
function drawChecks(context: CanvasRenderingContext2D, picture: Picture, checks: NodeStatus["checks"]): number {
  if (checks === undefined || checks.passed + checks.failed + (checks.warned ?? 0) === 0) return 0;
  const { palette, fitter } = picture;
  const state: State = checks.failed > 0 ? "failed" : (checks.warned ?? 0) > 0 ? "stale" : "fresh";
  const font = `600 11px ${palette.font}`;
  const text = String(checks.failed > 0 ? checks.failed : (checks.warned ?? 0) > 0 ? checks.warned : checks.passed);
  const width = fitter.width(text, font) + 25;
  const left = END + 3 - width;
  context.beginPath();
  context.roundRect(left, 34, width, 18, 9);
  context.fillStyle = palette.state[state];
  context.save();
  context.globalAlpha *= 0.13;
  context.fill();
  context.restore();
  context.save();
  context.translate(left + 5, 37.5);
  context.scale(0.69, 0.69);
  context.strokeStyle = palette.state[state];
  context.lineWidth = 2.5;
  context.lineCap = context.lineJoin = "round";
  context.stroke(CHECK[state === "failed" ? "failed" : state === "stale" ? "warned" : "passed"]());
  context.restore();
  context.font = font;
  context.fillStyle = palette.state[state];
  context.fillText(text, left + 18, 47);
  return width + 6;
}

/** A shield with a tick, a cross or a stroke. Made when first drawn: there is no Path2D outside a browser. */
const SHIELD = "M8 1.5L14 3.6V8c0 3.4-2.4 5.7-6 7-3.6-1.3-6-3.6-6-7V3.6z";
const CHECK = {
  passed: () => shield(`${SHIELD}M5.4 8l2 2 3.4-3.6`),
  failed: () => shield(`${SHIELD}M6 6l4 4M10 6l-4 4`),
  warned: () => shield(`${SHIELD}M8 5v3.4M8 10.9v.1`),
} as const;
const shields = new Map<string, Path2D>();

function shield(strokes: string): Path2D {
  let path = shields.get(strokes);
  if (path === undefined) {
    path = new Path2D(strokes);
    shields.set(strokes, path);
  }
  return path;
}

/** The second line: the last value, and behind it in small what kind of thing it is. */
function drawDetails(context: CanvasRenderingContext2D, picture: Picture, status: NodeStatus, kind: string, room: number): void {
  const { palette, fitter } = picture;
  const valueFont = `500 12.5px ${palette.font}`;
  const kindFont = `400 11.5px ${palette.font}`;
  const isKnown = status.value !== undefined && status.value !== "";
  const text = fitter.fit(isKnown ? (status.value ?? "") : LOOKS[status.state].label.toLowerCase(), valueFont, room, "end");
  context.font = valueFont;
  context.fillStyle = !isKnown ? palette.ink3 : status.state === "failed" ? palette.state.failed : palette.ink;
  context.fillText(text, TEXT, 47);
  const start = fitter.width(text, valueFont) + 8;
  if (kind === "" || room - start < 40) return;
  context.font = kindFont;
  context.fillStyle = palette.ink3;
  context.fillText(fitter.fit(kind, kindFont, room - start, "end"), TEXT + start, 47);
}

/** How many inside a folded group are in which state, as a bar at its foot. */
function drawShares(
  context: CanvasRenderingContext2D,
  palette: Palette,
  shares: readonly { readonly state: State; readonly count: number }[],
): void {
  const total = shares.reduce((sum, share) => sum + share.count, 0);
  const width = 76;
  let x = END - width;
  context.save();
  context.beginPath();
  context.roundRect(x, 40, width, 6, 3);
  context.clip();
  for (const { state, count } of shares) {
    const part = (count / total) * width;
    context.fillStyle = palette.state[state];
    context.fillRect(x, 40, part - (part < width ? 1 : 0), 6);
    x += part;
  }
  context.restore();
}

/** From half-way: a plate, the colour of the state and the name as large as it can be read. */
export function drawLabel(context: CanvasRenderingContext2D, picture: Picture, card: number, scale: number): void {
  const { layout, scene, palette, fitter } = picture;
  const shown = scene.cards[card];
  const state = picture.statuses[card]?.state ?? "missing";
  if (shown === undefined) return;
  const x = layout.x[card] ?? 0;
  const y = layout.y[card] ?? 0;
  const line = 1 / scale;
  context.fillStyle = palette.surface;
  context.strokeStyle = palette.lineStrong;
  context.lineWidth = line;
  context.beginPath();
  context.roundRect(x, y, CARD.width, CARD.height, RADIUS);
  context.fill();
  context.stroke();
  context.fillStyle = palette.state[state];
  context.beginPath();
  context.arc(x + CHIP.x, y + CHIP.y, 13, 0, 2 * Math.PI);
  context.fill();
  context.save();
  context.translate(x + CHIP.x - 8, y + CHIP.y - 8);
  context.strokeStyle = palette.surface;
  context.lineWidth = 2.4;
  context.lineCap = context.lineJoin = "round";
  context.stroke(iconOf(state));
  context.restore();
  const font = `600 22px ${palette.font}`;
  context.font = font;
  context.textBaseline = "middle";
  context.fillStyle = palette.ink;
  context.fillText(fitter.fit(shown.name, font, END - TEXT + 8, "middle"), x + TEXT - 2, y + CARD.height / 2 + 1);
}
