import { createContext, type ReactNode, useContext, useEffect, useEffectEvent, useSyncExternalStore } from "react";
import type { EventRow, NodeState } from "../api/schema";
import type { LiveStore, Now } from "./store";

const Live = createContext<LiveStore | undefined>(undefined);

/** Gives the pages below what is so now. */
export function LiveProvider({ store, children }: { store: LiveStore; children: ReactNode }) {
  return <Live value={store}>{children}</Live>;
}

function useLive(): LiveStore {
  const store = useContext(Live);
  if (store === undefined) throw new Error("No LiveProvider above this component.");
  return store;
}

/** One thing of what is so now: `useNow((now) => now.code)`. Draws again only when that changes. */
export function useNow<Part>(part: (now: Now) => Part): Part {
  const store = useLive();
  return useSyncExternalStore(store.watch, () => part(store.now()));
}

/** The state of an asset, as far as it is known. */
export function useNodeState(key: string): NodeState | undefined {
  return useNow((now) => now.states.get(key));
}

/** Whether nothing may be asked for: the server only shows. */
export function useIsReadOnly(): boolean {
  return useNow((now) => now.server?.read_only ?? false);
}

/** Hear each fact of the log as it comes. */
export function useEvents(heard: (event: EventRow) => void): void {
  const store = useLive();
  const tell = useEffectEvent(heard);
  useEffect(() => store.listen((event) => tell(event)), [store]);
}
