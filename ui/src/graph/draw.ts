/** The still part of the picture, drawn to a region: ground, boxes, links, cards. What moves is in `live.ts`. */
import { type Camera, type Rect, toWorld } from "./camera";
import { drawCard, drawLabel } from "./cards";
import { traceHead, traceLink, traceStraight } from "./links";
import { CARD } from "./model";
import { detailAt, type Picture } from "./picture";
import { STATES } from "../states/states";

/** One path with very many strokes costs more than several with some. */
const STROKES = 400;
const FADED = 0.22;
/** From afar, what is fresh stands back: the rest is what one looks for. */
const QUIET = 0.55;

/** Set up `context` so that it draws in world units. */
export function intoWorld(context: CanvasRenderingContext2D, camera: Camera, ratio: number): void {
  const scale = camera.zoom * ratio;
  context.setTransform(scale, 0, 0, scale, -camera.x * scale, -camera.y * scale);
}

/** Draw what lies in a region of the screen, over whatever was there; says how many cards and links that were. */
export function drawRegion(context: CanvasRenderingContext2D, picture: Picture, camera: Camera, ratio: number, region: Rect): number {
  context.save();
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.beginPath();
  context.rect(region.x, region.y, region.width, region.height);
  context.clip();
  context.fillStyle = picture.palette.ground;
  context.fillRect(region.x, region.y, region.width, region.height);
  intoWorld(context, camera, ratio);
  const corner = toWorld(camera, region.x, region.y);
  const margin = 6; // shadows and outlines
  const area: Rect = {
    x: corner.x - margin,
    y: corner.y - margin,
    width: region.width / camera.zoom + 2 * margin,
    height: region.height / camera.zoom + 2 * margin,
  };
  drawBoxes(context, picture, camera, area);
  const links = drawLinks(context, picture, camera, area);
  const isFar = detailAt(camera.zoom) === "dot";
  if (!isFar) drawTitles(context, picture, camera, area);
  const cards = drawCards(context, picture, camera, ratio, area);
  if (isFar) drawFarTitles(context, picture, camera, area);
  context.restore();
  return links + cards;
}

function boxesIn(picture: Picture, area: Rect): { index: number; x: number; y: number; width: number; height: number }[] {
  const { boxes } = picture.layout;
  const found = [];
  for (let index = 0; index * 4 < boxes.length; index++) {
    const [x = 0, y = 0, width = 0, height = 0] = boxes.subarray(index * 4, index * 4 + 4);
    const touches = x <= area.x + area.width && x + width >= area.x && y <= area.y + area.height && y + height >= area.y;
    if (width > 0 && touches) found.push({ index, x, y, width, height });
  }
  return found;
}

function drawBoxes(context: CanvasRenderingContext2D, picture: Picture, camera: Camera, area: Rect): void {
  const { palette } = picture;
  for (const { x, y, width, height } of boxesIn(picture, area)) {
    context.beginPath();
    context.roundRect(x, y, width, height, 18);
    context.fillStyle = palette.sunken;
    context.fill();
    context.strokeStyle = palette.line;
    context.lineWidth = 1 / camera.zoom;
    context.stroke();
  }
}

/** Names of boxes that are seen from afar, over their cards: the size of the page's text, where there is room for it. */
function drawFarTitles(context: CanvasRenderingContext2D, picture: Picture, camera: Camera, area: Rect): void {
  const { palette, fitter, scene } = picture;
  const font = `600 11px ${palette.font}`;
  for (const { index, x, y, width, height } of boxesIn(picture, area)) {
    if (width * camera.zoom < 100 || height * camera.zoom < 56) continue;
    const name = fitter.fit(scene.groups[index]?.name ?? "", font, width * camera.zoom - 24, "end");
    context.save();
    context.translate(x, y);
    context.scale(1 / camera.zoom, 1 / camera.zoom);
    context.fillStyle = palette.surface;
    context.globalAlpha = 0.88;
    context.beginPath();
    context.roundRect(4, 4, fitter.width(name, font) + 14, 19, 5);
    context.fill();
    context.globalAlpha = 1;
    context.font = font;
    context.textBaseline = "middle";
    context.fillStyle = palette.ink;
    context.fillText(name, 11, 14);
    context.restore();
  }
}

/** Names of boxes: at the size of the page's text as far as there is room. Over links, under cards. */
function drawTitles(context: CanvasRenderingContext2D, picture: Picture, camera: Camera, area: Rect): void {
  const { palette, fitter, scene } = picture;
  const scale = Math.min(Math.max(1, 0.62 / camera.zoom), 12);
  for (const { index, x, y, width } of boxesIn(picture, area)) {
    const font = `650 13px ${palette.font}`;
    const room = width / scale - 52;
    if (room < 30) continue;
    const name = fitter.fit(scene.groups[index]?.name ?? "", font, room, "end");
    const wide = fitter.width(name, font);
    const count = String(picture.members[index] ?? "");
    const small = `500 12px ${palette.font}`;
    context.save();
    context.translate(x, y);
    context.scale(scale, scale);
    context.fillStyle = palette.sunken;
    context.fillRect(10, 8, wide + 36 + fitter.width(count, small), 24);
    context.font = font;
    context.textBaseline = "middle";
    context.fillStyle = palette.ink2;
    context.fillText(name, 34, 20.5);
    context.font = small;
    context.fillStyle = palette.ink3;
    context.fillText(count, 34 + wide + 8, 20.5);
    context.strokeStyle = palette.ink3;
    context.lineWidth = 1.75;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(17, 18);
    context.lineTo(21, 22);
    context.lineTo(25, 18);
    context.stroke();
    context.restore();
  }
}

function drawLinks(context: CanvasRenderingContext2D, picture: Picture, camera: Camera, area: Rect): number {
  const { layout, palette, grid, faded, scene } = picture;
  const detail = detailAt(camera.zoom);
  const links = grid.linksIn(area);
  const isFaded = (index: number): boolean => {
    const link = scene.links[index];
    return faded !== undefined && link !== undefined && (faded[link.from] === 1 || faded[link.to] === 1);
  };
  context.strokeStyle = palette.lineStrong;
  context.lineWidth = detail === "dot" ? 0.8 / camera.zoom : Math.max(1.5, 0.9 / camera.zoom);
  context.lineCap = "butt";
  const density = detail === "dot" ? Math.max(0.25, Math.min(0.9, 2_500 / (links.length + 1))) : 1;
  const strokes = (which: readonly number[], alpha: number) => {
    context.globalAlpha = alpha;
    for (let start = 0; start < which.length; start += STROKES) {
      context.beginPath();
      for (const index of which.slice(start, start + STROKES)) {
        if (detail === "dot") traceStraight(context, layout, index);
        else traceLink(context, layout, index);
      }
      context.stroke();
    }
  };
  if (faded === undefined) strokes(links, density);
  else {
    strokes(links.filter(isFaded), density * FADED);
    strokes(links.filter((index) => !isFaded(index)), density);
  }
  context.globalAlpha = 1;
  if (detail !== "card") return links.length;
  context.fillStyle = palette.lineStrong;
  context.beginPath();
  for (const index of links) if (!isFaded(index)) traceHead(context, layout, index, 8);
  context.fill();
  return links.length;
}

function drawCards(context: CanvasRenderingContext2D, picture: Picture, camera: Camera, ratio: number, area: Rect): number {
  const { grid, faded } = picture;
  const cards = grid.cardsIn(area);
  const detail = detailAt(camera.zoom);
  if (detail === "dot") {
    drawDots(context, picture, camera, cards);
    return cards.length;
  }
  const draw = detail === "card" ? drawCard : drawLabel;
  for (const card of cards) {
    context.globalAlpha = faded?.[card] === 1 ? FADED : 1;
    draw(context, picture, card, camera.zoom * ratio);
  }
  context.globalAlpha = 1;
  return cards.length;
}

/** From afar a card is a spot of its state's colour; never less than a pixel. */
function drawDots(context: CanvasRenderingContext2D, picture: Picture, camera: Camera, cards: readonly number[]): void {
  const { layout, palette, statuses, faded } = picture;
  const height = Math.max(CARD.height, 1.5 / camera.zoom);
  const byState = new Map(STATES.map((state): [string, number[]] => [state, []]));
  for (const card of cards) byState.get(statuses[card]?.state ?? "missing")?.push(card);
  for (const state of STATES) {
    context.fillStyle = palette.state[state];
    for (const card of byState.get(state) ?? []) {
      context.globalAlpha = faded?.[card] === 1 ? FADED : state === "fresh" ? QUIET : 1;
      context.fillRect(layout.x[card] ?? 0, layout.y[card] ?? 0, CARD.width, height);
    }
  }
  context.globalAlpha = 1;
}
