import { type ReactNode, useSyncExternalStore } from "react";
import styles from "./Notices.module.css";

interface Notice {
  readonly id: number;
  readonly content: ReactNode;
  readonly isTrouble: boolean;
}

const STAYS = 6_000;
let notices: readonly Notice[] = [];
let last = 0;
const watchers = new Set<() => void>();

function change(next: readonly Notice[]): void {
  notices = next;
  for (const notify of watchers) notify();
}

/** Say something at the edge of the page; trouble stays until it is put away. */
export function say(content: ReactNode, { isTrouble = false }: { isTrouble?: boolean } = {}): void {
  last += 1;
  const notice = { id: last, content, isTrouble };
  change([...notices.slice(-3), notice]);
  if (!isTrouble) setTimeout(() => putAway(notice.id), STAYS);
}

function putAway(id: number): void {
  change(notices.filter((notice) => notice.id !== id));
}

function watch(notify: () => void): () => void {
  watchers.add(notify);
  return () => watchers.delete(notify);
}

/** What was said and not put away yet. */
export function Notices() {
  const shown = useSyncExternalStore(watch, () => notices);
  return (
    <div className={styles.notices} aria-live="polite">
      {shown.map((notice) => (
        <div key={notice.id} className={styles.notice} data-trouble={notice.isTrouble || undefined}>
          <div className={styles.content}>{notice.content}</div>
          <button type="button" className={styles.close} aria-label="Put away" onClick={() => putAway(notice.id)}>
            ×
          </button>
        </div>
      ))}
    </div>
  );
}
