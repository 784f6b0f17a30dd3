import { type CSSProperties, type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from "react";
import { LOOKS } from "../states/states";
import { seen } from "./camera";
import styles from "./Graph.module.css";
import { BOX, CARD } from "./model";
import type { Picture } from "./picture";
import type { Stage } from "./stage";

interface TreeProps {
  readonly stage: Stage;
  readonly picture: Picture;
  readonly selected: ReadonlySet<number>;
  readonly focused: string | undefined;
  readonly onFocus: (id: string) => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
  readonly onFold: (group: string, folded: boolean) => void;
}

/** More elements than this over the canvas would be felt, and nobody tabs through them. */
const MOST = 160;
/** The tree follows the camera when it has rested for so long (milliseconds). */
const REST = 120;

/** What the canvas shows, as a tree of elements that cannot be seen and lie exactly above the cards.
 * Pointer events pass through them to the graph; focus, names and states belong to them. */
export function GraphTree({ stage, picture, selected, focused, onFocus, onKeyDown, onFold }: TreeProps) {
  const root = useRef<HTMLUListElement>(null);
  const cards = useCardsInView(stage, picture, focused);
  useLayoutEffect(() => {
    const follow = () => {
      const { x, y, zoom } = stage.camera;
      if (root.current) root.current.style.transform = `scale(${zoom}) translate(${-x}px, ${-y}px)`;
    };
    follow();
    return stage.watch(follow);
  }, [stage]);
  useEffect(() => {
    const wanted = root.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(focused ?? "")}"]`);
    if (wanted && root.current?.contains(document.activeElement)) wanted.focus({ preventScroll: true });
  }, [focused, cards]);

  const { scene, layout } = picture;
  const entry = focused ?? scene.cards[cards[0] ?? 0]?.id;
  const item = (card: number) => (
    <CardItem
      key={scene.cards[card]?.id}
      picture={picture}
      card={card}
      isSelected={selected.has(card)}
      isEntry={scene.cards[card]?.id === entry}
      onFocus={onFocus}
    />
  );
  const loose = cards.filter((card) => (scene.cards[card]?.group ?? -1) < 0);
  const boxes = scene.groups.flatMap((group, box) => {
    const inside = cards.filter((card) => scene.cards[card]?.group === box);
    return inside.length > 0 ? [{ group, box, inside }] : [];
  });
  return (
    <ul ref={root} className={styles.tree} role="tree" aria-label="Assets" aria-multiselectable="true" onKeyDown={onKeyDown}>
      {loose.map(item)}
      {boxes.map(({ group, box, inside }) => {
        const [left = 0, top = 0, width = 0] = layout.boxes.subarray(box * 4, box * 4 + 4);
        return (
          <li
            key={group.id}
            role="treeitem"
            aria-expanded="true"
            aria-label={`Group ${group.name}`}
            tabIndex={-1}
            style={place(left, top, Math.min(width, 220), BOX.head)}
            onKeyDown={(event) => {
              if (event.target !== event.currentTarget || (event.key !== "Enter" && event.key !== " ")) return;
              event.stopPropagation();
              onFold(group.id, true);
            }}
          >
            <ul role="group" style={{ position: "absolute", left: -left, top: -top }}>
              {inside.map(item)}
            </ul>
          </li>
        );
      })}
    </ul>
  );
}

interface CardItemProps {
  readonly picture: Picture;
  readonly card: number;
  readonly isSelected: boolean;
  readonly isEntry: boolean;
  readonly onFocus: (id: string) => void;
}

function CardItem({ picture, card, isSelected, isEntry, onFocus }: CardItemProps) {
  const shown = picture.scene.cards[card];
  if (shown === undefined) return null;
  return (
    <li
      role="treeitem"
      data-id={shown.id}
      aria-label={spoken(picture, card)}
      aria-selected={isSelected}
      aria-expanded={shown.folded === undefined ? undefined : false}
      tabIndex={isEntry ? 0 : -1}
      onFocus={(event) => {
        event.stopPropagation();
        onFocus(shown.id);
      }}
      style={place(picture.layout.x[card] ?? 0, picture.layout.y[card] ?? 0, CARD.width, CARD.height)}
    />
  );
}

function place(left: number, top: number, width: number, height: number): CSSProperties {
  return { left, top, width, height };
}

/** A card in words. */
export function spoken(picture: Pick<Picture, "scene" | "statuses">, card: number): string {
  const shown = picture.scene.cards[card];
  const status = picture.statuses[card];
  const state = LOOKS[status?.state ?? "missing"].label.toLowerCase();
  const parts = [shown?.folded === undefined ? shown?.name : `Group ${shown.name}`, state, status?.value];
  const { passed = 0, failed = 0, warned = 0 } = status?.checks ?? {};
  if (failed > 0) parts.push(`${failed} ${failed === 1 ? "check" : "checks"} failed`);
  else if (warned > 0) parts.push(`${warned} ${warned === 1 ? "check warns" : "checks warn"}`);
  else if (passed > 0) parts.push(`${passed} ${passed === 1 ? "check" : "checks"} passed`);
  return parts.filter((part) => part !== undefined && part !== "").join(", ");
}

/** Cards on screen, as they were when the camera came to rest; the focused one is always among them. */
function useCardsInView(stage: Stage, picture: Picture, focused: string | undefined): readonly number[] {
  const [cards, setCards] = useState<readonly number[]>([]);
  useEffect(() => {
    let timer = 0;
    const look = () => {
      const found = picture.grid.cardsIn(seen(stage.camera, stage.view)).slice(0, MOST);
      setCards((before) => (before.length === found.length && before.every((card, at) => card === found[at]) ? before : found));
    };
    const wait = () => {
      clearTimeout(timer);
      timer = window.setTimeout(look, REST);
    };
    look();
    const unwatch = stage.watch(wait);
    return () => {
      clearTimeout(timer);
      unwatch();
    };
  }, [stage, picture.grid]);
  const count = picture.scene.cards.length;
  const held = focused === undefined ? undefined : picture.scene.index.get(focused);
  const inRange = cards.filter((card) => card < count);
  return held === undefined || inRange.includes(held) ? inRange : [...inRange, held];
}
