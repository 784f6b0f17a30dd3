import { describe, expect, it } from "vitest";
import { fitted, pannedBy, revealing, seen, snapped, toScreen, toWorld, ZOOM, zoomedAt } from "./camera";

const view = { width: 1_000, height: 500 };
const camera = { x: 30, y: -20, zoom: 0.8 };

describe("camera", () => {
  it("leads there and back", () => {
    const { x, y } = toScreen(camera, 123, 456);
    const world = toWorld(camera, x, y);
    expect(world.x).toBeCloseTo(123);
    expect(world.y).toBeCloseTo(456);
  });

  it("zooms with the world under the pointer standing still", () => {
    const before = toWorld(camera, 400, 100);
    const after = toWorld(zoomedAt(camera, 1.7, 400, 100), 400, 100);
    expect(after.x).toBeCloseTo(before.x);
    expect(after.y).toBeCloseTo(before.y);
  });

  it("zooms no further than it goes, and then does not slide", () => {
    expect(zoomedAt(camera, 1e9, 0, 0).zoom).toBe(ZOOM.most);
    expect(zoomedAt(camera, 1e-9, 0, 0).zoom).toBe(ZOOM.least);
    const most = zoomedAt(camera, 1e9, 10, 10);
    expect(zoomedAt(most, 2, 700, 300)).toEqual(most);
  });

  it("pans by pixels", () => {
    expect(toScreen(pannedBy(camera, 10, -4), 0, 0).x - toScreen(camera, 0, 0).x).toBeCloseTo(10);
  });

  it("fits all of a thing into the middle, and blows nothing up", () => {
    const bounds = { x: 100, y: 100, width: 4_000, height: 1_000 };
    const shown = seen(fitted(bounds, view), view);
    expect(shown.x).toBeLessThan(bounds.x);
    expect(shown.x + shown.width).toBeGreaterThan(bounds.x + bounds.width);
    expect(shown.x + shown.width / 2).toBeCloseTo(2_100);
    expect(fitted({ x: 0, y: 0, width: 10, height: 10 }, view, 0, 1).zoom).toBe(1);
  });

  it("moves only as far as a thing needs to be seen", () => {
    const plain = { x: 0, y: 0, zoom: 1 };
    expect(revealing(plain, { x: 300, y: 100, width: 100, height: 50 }, view)).toBe(plain);
    expect(revealing(plain, { x: 2_000, y: 100, width: 100, height: 50 }, view, 0)).toEqual({ x: 1_100, y: 0, zoom: 1 });
    expect(revealing(plain, { x: -50, y: 100, width: 100, height: 50 }, view, 0).x).toBe(-50);
  });

  it("stands on whole device pixels", () => {
    const { x, y, zoom } = snapped({ x: 1.234, y: 5.678, zoom: 0.7 }, 2);
    expect((x * zoom * 2) % 1).toBeCloseTo(0);
    expect((y * zoom * 2) % 1).toBeCloseTo(0);
  });
});
