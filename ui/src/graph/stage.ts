/** Two canvases and a camera: draws when something changed, and then no more than has to be.
 *
 *     picture, camera ──► still canvas: moved pictures are copied, only uncovered strips are drawn
 *     attention, time ──► live canvas: cleared and drawn, each frame while runs are on screen
 */
import { type Camera, type Rect, type Size, snapped, toScreen } from "./camera";
import { drawRegion } from "./draw";
import { type Attention, drawLive } from "./live";
import { CARD } from "./model";
import type { Picture } from "./picture";

/** What is on the still canvas. */
interface Shown {
  readonly camera: Camera;
  readonly layout: Picture["layout"];
  readonly palette: Picture["palette"];
  readonly faded: Picture["faded"];
  readonly statuses: Picture["statuses"];
}

const NOBODY: Attention = { selected: new Set(), hovered: -1 };
/** More changed cards than this, and everything is drawn again. */
const PIECEWISE = 200;
/** Fewer cards and links than this are drawn again within a frame; with 2,900 every twentieth frame of a slow machine took two. */
const CHEAP = 1_500;

export class Stage {
  camera: Camera = { x: 0, y: 0, zoom: 1 };
  view: Size = { width: 0, height: 0 };
  private ratio = 1;
  private picture: Picture | undefined;
  private attention: Attention = NOBODY;
  private drawn: Shown | undefined;
  private frame = 0;
  private isMarked = false;
  /** How many cards and links the last whole drawing had. */
  private shapes = 0;
  private readonly still: CanvasRenderingContext2D;
  private readonly live: CanvasRenderingContext2D;
  private readonly calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  private readonly watchers = new Set<() => void>();

  constructor(
    private readonly stillCanvas: HTMLCanvasElement,
    private readonly liveCanvas: HTMLCanvasElement,
  ) {
    this.still = contextOf(stillCanvas, false);
    this.live = contextOf(liveCanvas, true);
  }

  get measuring(): CanvasRenderingContext2D {
    return this.still;
  }

  /** Told before each frame in which the camera may have moved. */
  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  /** Size in CSS pixels, and device pixels for each of these. */
  resize(view: Size, ratio: number): void {
    this.view = view;
    this.ratio = ratio;
    for (const canvas of [this.stillCanvas, this.liveCanvas]) {
      canvas.width = Math.max(1, Math.round(view.width * ratio));
      canvas.height = Math.max(1, Math.round(view.height * ratio));
    }
    this.drawn = undefined;
    this.paint(performance.now()); // now: a resized canvas is blank
  }

  show(picture: Picture): void {
    this.picture = picture;
    this.ask();
  }

  attend(attention: Attention): void {
    this.attention = attention;
    this.ask();
  }

  look(camera: Camera): void {
    this.camera = camera;
    this.ask();
  }

  stop(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }

  private ask(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame((now) => this.paint(now));
  }

  private paint(now: number): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    if (this.picture === undefined || this.view.width === 0) return;
    for (const watcher of this.watchers) watcher();
    const camera = snapped(this.camera, this.ratio);
    this.paintStill(this.picture, camera);
    if (!this.isMarked) performance.mark("graph:painted");
    this.isMarked = true;
    const time = this.calm.matches ? undefined : now;
    const drawn = drawLive(this.live, this.picture, camera, this.view, this.ratio, this.attention, time);
    // A blank canvas over the whole view costs as much to blend as a full one.
    this.liveCanvas.style.visibility = drawn === "nothing" ? "hidden" : "visible";
    if (drawn === "moving") this.ask();
  }

  private paintStill(picture: Picture, camera: Camera): void {
    const before = this.drawn;
    const { layout, palette, faded, statuses } = picture;
    this.drawn = { camera, layout, palette, faded, statuses };
    const isSame =
      before !== undefined &&
      before.layout === layout &&
      before.palette === palette &&
      before.faded === faded &&
      before.camera.zoom === camera.zoom;
    const whole: Rect = { x: 0, y: 0, ...this.view };
    const changed = isSame ? changedCards(before.statuses, statuses) : undefined;
    const hasMoved = before !== undefined && (before.camera.x !== camera.x || before.camera.y !== camera.y);
    if (!isSame || changed === undefined || (hasMoved && this.shapes < CHEAP)) {
      this.shapes = drawRegion(this.still, picture, camera, this.ratio, whole);
      return;
    }
    const dx = Math.round((before.camera.x - camera.x) * camera.zoom * this.ratio) / this.ratio;
    const dy = Math.round((before.camera.y - camera.y) * camera.zoom * this.ratio) / this.ratio;
    if (Math.abs(dx) >= this.view.width || Math.abs(dy) >= this.view.height) {
      this.shapes = drawRegion(this.still, picture, camera, this.ratio, whole);
      return;
    }
    this.shift(dx, dy);
    for (const strip of uncovered(this.view, dx, dy, 1 / this.ratio)) drawRegion(this.still, picture, camera, this.ratio, strip);
    for (const card of changed) {
      const { x, y } = toScreen(camera, layout.x[card] ?? 0, layout.y[card] ?? 0);
      const margin = 6 * camera.zoom + 2;
      const size = { width: CARD.width * camera.zoom + 2 * margin, height: CARD.height * camera.zoom + 2 * margin };
      drawRegion(this.still, picture, camera, this.ratio, onDevice({ x: x - margin, y: y - margin, ...size }, this.ratio));
    }
  }

  private shift(dx: number, dy: number): void {
    if (dx === 0 && dy === 0) return;
    this.still.save();
    this.still.setTransform(1, 0, 0, 1, 0, 0);
    this.still.globalCompositeOperation = "copy";
    this.still.drawImage(this.stillCanvas, dx * this.ratio, dy * this.ratio);
    this.still.restore();
  }
}

function contextOf(canvas: HTMLCanvasElement, alpha: boolean): CanvasRenderingContext2D {
  const context = canvas.getContext("2d", { alpha });
  if (context === null) throw new Error("This browser has no canvas.");
  return context;
}

/** Cards that look different now; undefined if they are too many to be drawn one by one. */
function changedCards(before: Picture["statuses"], after: Picture["statuses"]): number[] | undefined {
  if (before === after) return [];
  if (before.length !== after.length) return undefined;
  const changed: number[] = [];
  for (let card = 0; card < after.length; card++) {
    if (before[card] === after[card]) continue;
    if (changed.length >= PIECEWISE) return undefined;
    changed.push(card);
  }
  return changed;
}

/** What a picture moved by (dx, dy) leaves open: a column and a row, a pixel wider than the move. */
export function uncovered(view: Size, dx: number, dy: number, pixel: number): Rect[] {
  const strips: Rect[] = [];
  const width = Math.abs(dx) + pixel;
  const height = Math.abs(dy) + pixel;
  if (dx !== 0) strips.push({ x: dx > 0 ? 0 : view.width - width, y: 0, width, height: view.height });
  if (dy !== 0) strips.push({ x: 0, y: dy > 0 ? 0 : view.height - height, width: view.width, height });
  return strips;
}

/** The smallest rectangle of whole device pixels around this one: clipping is then exact. */
function onDevice(rect: Rect, ratio: number): Rect {
  const x = Math.floor(rect.x * ratio) / ratio;
  const y = Math.floor(rect.y * ratio) / ratio;
  const right = Math.ceil((rect.x + rect.width) * ratio) / ratio;
  const bottom = Math.ceil((rect.y + rect.height) * ratio) / ratio;
  return { x, y, width: right - x, height: bottom - y };
}
