import { useSyncExternalStore } from "react";
import { agoText, dateText } from "./format";

const TICK = 5_000;
let now = Date.now() * 1000;
const watchers = new Set<() => void>();

function watch(notify: () => void): () => void {
  watchers.add(notify);
  return () => watchers.delete(notify);
}

setInterval(() => {
  now = Date.now() * 1000;
  for (const notify of watchers) notify();
}, TICK);

/** A time, relative; the pointer or the focus on it shows it in full. */
export function When({ at }: { at: number }) {
  const text = useSyncExternalStore(watch, () => agoText(at, now));
  return (
    <time dateTime={new Date(at / 1000).toISOString()} title={dateText(at)}>
      {text}
    </time>
  );
}
