/** The layout of large graphs, off the page's thread. */
import { layout } from "./layout";
import type { LayoutRequest } from "./model";

self.onmessage = (event: MessageEvent<LayoutRequest>) => {
  const placed = layout(event.data);
  const buffers = [placed.x, placed.y, placed.boxes, placed.points, placed.starts].map((array) => array.buffer);
  self.postMessage(placed, { transfer: buffers });
};
