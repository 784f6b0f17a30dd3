import { type PointerEvent, useEffect, useLayoutEffect, useRef, useState } from "react";
import { seen } from "./camera";
import styles from "./Graph.module.css";
import { CARD } from "./model";
import type { Picture } from "./picture";
import type { Stage } from "./stage";

const MOST = { width: 190, height: 130 } as const;

/** The whole graph in small, with a frame around what is on screen; press or drag to go there.
 * Not there while all is on screen anyway. */
export function Minimap({ stage, picture, onTouch }: { stage: Stage; picture: Picture; onTouch: () => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const [isNeeded, setNeeded] = useState(false);
  const { width, height } = picture.layout;
  const scale = Math.min(MOST.width / Math.max(1, width), MOST.height / Math.max(1, height));
  const size = { width: Math.max(24, Math.round(width * scale)), height: Math.max(24, Math.round(height * scale)) };

  useLayoutEffect(() => {
    const follow = () => {
      const area = seen(stage.camera, stage.view);
      const hides = area.x > 1 || area.y > 1 || area.x + area.width < width - 1 || area.y + area.height < height - 1;
      setNeeded(hides);
      if (frame.current === null) return;
      const left = Math.max(0, area.x * scale);
      const top = Math.max(0, area.y * scale);
      const right = Math.min(size.width, (area.x + area.width) * scale);
      const bottom = Math.min(size.height, (area.y + area.height) * scale);
      Object.assign(frame.current.style, {
        transform: `translate(${left}px, ${top}px)`,
        width: `${Math.max(4, right - left)}px`,
        height: `${Math.max(4, bottom - top)}px`,
      });
    };
    follow();
    return stage.watch(follow);
  });
  useEffect(() => {
    if (!isNeeded) return undefined;
    // After the graph itself; and many events at once are one picture.
    const timer = window.setTimeout(() => {
      if (canvas.current !== null) drawAll(canvas.current, picture, scale, size);
    }, 60);
    return () => clearTimeout(timer);
  });

  const goTo = (event: PointerEvent<HTMLDivElement>) => {
    if (event.buttons !== 1) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const bounds = event.currentTarget.getBoundingClientRect();
    const area = seen(stage.camera, stage.view);
    const x = (event.clientX - bounds.left) / scale - area.width / 2;
    const y = (event.clientY - bounds.top) / scale - area.height / 2;
    onTouch();
    stage.look({ ...stage.camera, x, y });
  };
  return (
    <div className={styles.minimap} data-aside hidden={!isNeeded} style={size} onPointerDown={goTo} onPointerMove={goTo}>
      <canvas ref={canvas} aria-hidden="true" />
      <div ref={frame} className={styles.frame} />
    </div>
  );
}

function drawAll(canvas: HTMLCanvasElement, picture: Picture, scale: number, size: { width: number; height: number }): void {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = size.width * ratio;
  canvas.height = size.height * ratio;
  Object.assign(canvas.style, { width: `${size.width}px`, height: `${size.height}px` });
  const context = canvas.getContext("2d");
  if (context === null) return;
  const { layout, palette, statuses } = picture;
  context.scale(ratio * scale, ratio * scale);
  context.fillStyle = palette.line;
  for (let at = 0; at < layout.boxes.length; at += 4) {
    const [x = 0, y = 0, width = 0, height = 0] = layout.boxes.subarray(at, at + 4);
    context.fillRect(x, y, width, height);
  }
  const least = 1.2 / scale;
  for (let card = 0; card < layout.x.length; card++) {
    context.fillStyle = palette.state[statuses[card]?.state ?? "missing"];
    context.fillRect(layout.x[card] ?? 0, layout.y[card] ?? 0, Math.max(CARD.width, least), Math.max(CARD.height, least));
  }
}
