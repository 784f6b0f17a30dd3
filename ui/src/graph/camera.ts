/** Which part of the world is on screen. Pure: every move makes another camera. */

/** World coordinates of the upper left corner of the view, and screen pixels for one world unit. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Rect extends Size {
  readonly x: number;
  readonly y: number;
}

export const ZOOM = { least: 0.01, most: 2.5, step: 1.25 } as const;

export function toWorld(camera: Camera, x: number, y: number): { x: number; y: number } {
  return { x: camera.x + x / camera.zoom, y: camera.y + y / camera.zoom };
}

export function toScreen(camera: Camera, x: number, y: number): { x: number; y: number } {
  return { x: (x - camera.x) * camera.zoom, y: (y - camera.y) * camera.zoom };
}

/** The part of the world that a view of this size shows. */
export function seen(camera: Camera, view: Size): Rect {
  return { x: camera.x, y: camera.y, width: view.width / camera.zoom, height: view.height / camera.zoom };
}

/** Move what is on screen by so many pixels. */
export function pannedBy(camera: Camera, dx: number, dy: number): Camera {
  return { ...camera, x: camera.x - dx / camera.zoom, y: camera.y - dy / camera.zoom };
}

/** Zoom, with the world under the pointer standing still. */
export function zoomedAt(camera: Camera, factor: number, x: number, y: number): Camera {
  const zoom = Math.min(ZOOM.most, Math.max(ZOOM.least, camera.zoom * factor));
  const still = toWorld(camera, x, y);
  return { zoom, x: still.x - x / zoom, y: still.y - y / zoom };
}

/** The whole of `bounds` in the middle of the view; small things are not blown up. */
export function fitted(bounds: Rect, view: Size, margin = 36, most = 1.2): Camera {
  const room = { width: Math.max(1, view.width - 2 * margin), height: Math.max(1, view.height - 2 * margin) };
  const wanted = Math.min(room.width / Math.max(1, bounds.width), room.height / Math.max(1, bounds.height), most);
  const zoom = Math.max(ZOOM.least, wanted);
  return {
    zoom,
    x: bounds.x + bounds.width / 2 - view.width / zoom / 2,
    y: bounds.y + bounds.height / 2 - view.height / zoom / 2,
  };
}

/** The nearest camera that shows all of `target`; the same one if it does already. */
export function revealing(camera: Camera, target: Rect, view: Size, margin = 24): Camera {
  const shown = seen(camera, view);
  const edge = margin / camera.zoom;
  const along = (from: number, length: number, start: number, size: number): number => {
    if (size + 2 * edge > length) return start + size / 2 - length / 2;
    return Math.min(start - edge, Math.max(start + size + edge - length, from));
  };
  const x = along(shown.x, shown.width, target.x, target.width);
  const y = along(shown.y, shown.height, target.y, target.height);
  return x === camera.x && y === camera.y ? camera : { ...camera, x, y };
}

/** World (0, 0) on a whole device pixel, so that hair lines stay sharp and a moved picture can be copied. */
export function snapped(camera: Camera, ratio: number): Camera {
  const unit = camera.zoom * ratio;
  return { ...camera, x: Math.round(camera.x * unit) / unit, y: Math.round(camera.y * unit) / unit };
}
