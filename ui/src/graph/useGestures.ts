import { type RefObject, useEffect, useEffectEvent, useState } from "react";
import { pannedBy, toWorld, zoomedAt } from "./camera";
import { type Choosing, openCard, toggleCard } from "./choosing";
import { BOX } from "./model";
import type { Picture } from "./picture";
import type { Stage } from "./stage";

interface Gestures extends Choosing {
  readonly frame: RefObject<HTMLDivElement | null>;
  readonly stage: Stage | undefined;
  readonly picture: Picture | undefined;
  /** The reader has moved the camera. */
  readonly onTouch: () => void;
}

/** A press that moves less than this is a click. */
const CLICK = 4;

/** Drag to pan, wheel to zoom at the pointer, click to select, double click to open. Says which card is hovered. */
export function useGestures(given: Gestures): number {
  const { frame, stage, picture } = given;
  const [hovered, setHovered] = useState(-1);
  const cardAt = (event: MouseEvent): number => {
    const bounds = frame.current?.getBoundingClientRect();
    if (bounds === undefined || stage === undefined || picture === undefined) return -1;
    const { x, y } = toWorld(stage.camera, event.clientX - bounds.left, event.clientY - bounds.top);
    return picture.grid.cardAt(x, y);
  };
  const hover = useEffectEvent((event: PointerEvent) => setHovered(event.buttons === 0 ? cardAt(event) : -1));
  const pan = useEffectEvent((dx: number, dy: number) => {
    if (stage === undefined) return;
    given.onTouch();
    stage.look(pannedBy(stage.camera, dx, dy));
  });
  const wheel = useEffectEvent((event: WheelEvent) => {
    if (stage === undefined || frame.current === null) return;
    event.preventDefault();
    given.onTouch();
    if (!isZoom(event)) {
      stage.look(pannedBy(stage.camera, -event.deltaX, -event.deltaY));
      return;
    }
    const bounds = frame.current.getBoundingClientRect();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
    const factor = Math.exp(-Math.max(-160, Math.min(160, event.deltaY * lines)) * (event.ctrlKey ? 0.01 : 0.002));
    stage.look(zoomedAt(stage.camera, factor, event.clientX - bounds.left, event.clientY - bounds.top));
  });
  const click = useEffectEvent((event: PointerEvent) => {
    if (picture === undefined) return;
    const card = cardAt(event);
    if (card >= 0 && (event.shiftKey || event.ctrlKey || event.metaKey)) toggleCard(picture.scene, card, given);
    else if (card >= 0) toggleCard(picture.scene, card, { ...given, selection: new Set() });
    else {
      const group = titleAt(event);
      if (group !== undefined) given.onFold(group, true);
      else if (given.selection.size > 0) given.onSelect(new Set());
    }
  });
  const titleAt = (event: MouseEvent): string | undefined => {
    const bounds = frame.current?.getBoundingClientRect();
    if (bounds === undefined || stage === undefined || picture === undefined) return undefined;
    const { x, y } = toWorld(stage.camera, event.clientX - bounds.left, event.clientY - bounds.top);
    return picture.scene.groups.find((_, box) => {
      const [left = 0, top = 0, width = 0] = picture.layout.boxes.subarray(box * 4, box * 4 + 4);
      return width > 0 && x >= left && x <= left + Math.min(width, 220) && y >= top && y <= top + BOX.head;
    })?.id;
  };
  const open = useEffectEvent((event: MouseEvent) => {
    const card = cardAt(event);
    if (picture !== undefined && card >= 0) openCard(picture.scene, card, given);
  });

  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const aborted = new AbortController();
    const { signal } = aborted;
    let press: { x: number; y: number; moved: boolean } | undefined;
    const isOurs = (event: Event) => !(event.target instanceof Element && event.target.closest("[data-aside]"));
    element.addEventListener(
      "pointerdown",
      (event) => {
        if (event.button === 0 && isOurs(event)) press = { x: event.clientX, y: event.clientY, moved: false };
      },
      { signal },
    );
    element.addEventListener(
      "pointermove",
      (event) => {
        if (press === undefined) return isOurs(event) ? hover(event) : setHovered(-1);
        const dx = event.clientX - press.x;
        const dy = event.clientY - press.y;
        if (!press.moved && Math.hypot(dx, dy) < CLICK) return;
        if (!press.moved) element.setPointerCapture(event.pointerId);
        press = { x: event.clientX, y: event.clientY, moved: true };
        element.dataset.dragging = "true";
        pan(dx, dy);
      },
      { signal },
    );
    const end = (event: PointerEvent) => {
      if (press !== undefined && !press.moved && event.type === "pointerup") click(event);
      press = undefined;
      delete element.dataset.dragging;
    };
    element.addEventListener("pointerup", end, { signal });
    element.addEventListener("pointercancel", end, { signal });
    element.addEventListener("pointerleave", () => setHovered(-1), { signal });
    element.addEventListener("dblclick", (event) => isOurs(event) && open(event), { signal });
    element.addEventListener("wheel", (event) => isOurs(event) && wheel(event), { signal, passive: false });
    return () => aborted.abort();
  }, [frame]);

  return hovered;
}

/** A mouse's wheel and a pinch zoom; two fingers on a touch pad pan. */
function isZoom(event: WheelEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.deltaMode !== WheelEvent.DOM_DELTA_PIXEL) return true;
  return event.deltaX === 0 && Number.isInteger(event.deltaY) && Math.abs(event.deltaY) >= 50;
}
