/** The shape of a link: straight along its lanes, curves between them that leave and arrive along the flow. */
import { BULGE } from "./culling";
import type { Layout } from "./model";

type Path = Pick<CanvasRenderingContext2D, "moveTo" | "lineTo" | "bezierCurveTo">;

/** Add link `index` to the path. */
export function traceLink(path: Path, layout: Layout, index: number): void {
  const { points, starts, direction } = layout;
  const start = starts[index] ?? 0;
  const end = starts[index + 1] ?? 0;
  let x = points[start] ?? 0;
  let y = points[start + 1] ?? 0;
  path.moveTo(x, y);
  for (let at = start + 2; at < end; at += 2) {
    const nextX = points[at] ?? 0;
    const nextY = points[at + 1] ?? 0;
    const ahead = direction === "right" ? nextX - x : nextY - y;
    const aside = direction === "right" ? nextY - y : nextX - x;
    const pull = ahead > 0 ? ahead * 0.56 : Math.min(BULGE, 24 - ahead * 0.2);
    if (Math.abs(aside) < 0.5 && ahead > 0) path.lineTo(nextX, nextY);
    else if (direction === "right") path.bezierCurveTo(x + pull, y, nextX - pull, nextY, nextX, nextY);
    else path.bezierCurveTo(x, y + pull, nextX, nextY - pull, nextX, nextY);
    x = nextX;
    y = nextY;
  }
}

/** Add a straight line from the one end to the other: all that is seen from afar. */
export function traceStraight(path: Path, layout: Layout, index: number): void {
  const start = layout.starts[index] ?? 0;
  const end = layout.starts[index + 1] ?? 0;
  path.moveTo(layout.points[start] ?? 0, layout.points[start + 1] ?? 0);
  path.lineTo(layout.points[end - 2] ?? 0, layout.points[end - 1] ?? 0);
}

/** Add the arrow head of a link, to be filled. */
export function traceHead(path: Path, layout: Layout, index: number, size: number): void {
  const end = layout.starts[index + 1] ?? 0;
  const x = layout.points[end - 2] ?? 0;
  const y = layout.points[end - 1] ?? 0;
  const half = size * 0.55;
  path.moveTo(x, y);
  if (layout.direction === "right") {
    path.lineTo(x - size, y - half);
    path.lineTo(x - size, y + half);
  } else {
    path.lineTo(x - half, y - size);
    path.lineTo(x + half, y - size);
  }
  path.lineTo(x, y);
}
