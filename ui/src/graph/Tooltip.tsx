import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { StateIcon } from "../states/StateIcon";
import { LOOKS } from "../states/states";
import { toScreen } from "./camera";
import styles from "./Graph.module.css";
import { CARD } from "./model";
import type { Picture } from "./picture";
import type { Stage } from "./stage";

const DELAY = 350;

/** What a card has no room for, beside the card that the pointer rests on. */
export function Tooltip({ stage, picture, card }: { stage: Stage; picture: Picture; card: number }) {
  const [rested, setRested] = useState(-1);
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const timer = window.setTimeout(() => setRested(card), card < 0 ? 0 : DELAY);
    return () => clearTimeout(timer);
  }, [card]);
  const shown = rested === card && card >= 0 ? picture.scene.cards[card] : undefined;
  useLayoutEffect(() => {
    const follow = () => {
      if (element.current === null) return;
      const { x, y } = toScreen(stage.camera, picture.layout.x[card] ?? 0, (picture.layout.y[card] ?? 0) + CARD.height);
      const { offsetWidth: width, offsetHeight: height } = element.current;
      const left = Math.max(8, Math.min(stage.view.width - width - 8, x));
      const below = y + 10 + height <= stage.view.height;
      const top = below ? y + 10 : y - CARD.height * stage.camera.zoom - 10 - height;
      element.current.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
    };
    follow();
    return stage.watch(follow);
  });
  if (shown === undefined) return null;
  const status = picture.statuses[card];
  const state = status?.state ?? "missing";
  return (
    <div ref={element} className={styles.tooltip} aria-hidden="true">
      <strong>{shown.folded === undefined ? shown.id : shown.name}</strong>
      <span className={styles.line}>
        <StateIcon state={state} label />
        {status?.value !== undefined && status.value !== "" && <span className={styles.value}>{status.value}</span>}
      </span>
      <span className={styles.means}>{status?.why ?? LOOKS[state].means}</span>
      {shown.kind !== "" && shown.folded === undefined && <span className={styles.means}>{shown.kind}</span>}
    </div>
  );
}
