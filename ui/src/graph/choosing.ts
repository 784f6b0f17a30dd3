/** What a reader does with a card: choose it, open it, fold its group. */
import type { Scene } from "./model";
import { foldedName } from "./scene";

export interface Choosing {
  readonly selection: ReadonlySet<string>;
  readonly onSelect: (selection: ReadonlySet<string>) => void;
  /** Enter or a double click on an asset. */
  readonly onOpen: (id: string) => void;
  readonly onFold: (group: string, folded: boolean) => void;
}

/** Open an asset, or a folded group. */
export function openCard(scene: Scene, card: number, to: Pick<Choosing, "onOpen" | "onFold">): void {
  const opened = scene.cards[card];
  if (opened === undefined) return;
  if (opened.folded === undefined) to.onOpen(opened.id);
  else to.onFold(foldedName(opened.id), false);
}

/** Add an asset, or all of a folded group, to the selection, or take it away. */
export function toggleCard(scene: Scene, card: number, to: Pick<Choosing, "selection" | "onSelect">): void {
  const toggled = scene.cards[card];
  if (toggled === undefined) return;
  const ids = toggled.folded ?? [toggled.id];
  const next = new Set(to.selection);
  const isIn = ids.every((id) => next.has(id));
  for (const id of ids) {
    if (isIn) next.delete(id);
    else next.add(id);
  }
  to.onSelect(next);
}
