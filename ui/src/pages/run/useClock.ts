import { type RefObject, useEffect, useEffectEvent, useSyncExternalStore } from "react";

/** Call `frame` before each picture, with microseconds since 1970, while `isOn`; once where it is not. */
export function useFrames(isOn: boolean, frame: (now: number) => void): void {
  const tell = useEffectEvent(frame);
  useEffect(() => {
    tell(Date.now() * 1000);
    if (!isOn) return undefined;
    let wanted = requestAnimationFrame(function next() {
      tell(Date.now() * 1000);
      wanted = requestAnimationFrame(next);
    });
    return () => cancelAnimationFrame(wanted);
  }, [isOn]);
}

/** Write properties of an element's style without drawing it again. */
export function setProperties(element: RefObject<HTMLElement | null>, properties: Readonly<Record<`--${string}`, string>>): void {
  for (const [name, value] of Object.entries(properties)) element.current?.style.setProperty(name, value);
}

const TICK = 200;
let now = Date.now() * 1000;
const watchers = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function watch(notify: () => void): () => void {
  watchers.add(notify);
  timer ??= setInterval(() => {
    now = Date.now() * 1000;
    for (const each of watchers) each();
  }, TICK);
  return () => {
    watchers.delete(notify);
    if (watchers.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** Microseconds since 1970, five times a second; the time of the first call where it does not go. */
export function useClock(isOn: boolean): number {
  return useSyncExternalStore(isOn ? watch : still, () => now);
}

function still(): () => void {
  return () => undefined;
}
