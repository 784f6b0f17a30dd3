/** What is so now, kept current by the server's events: definitions, the state of each asset, the code, the connection.
 *
 *     GET /api/server, graph, states ──▶ Snapshot ◀── /api/events: states, code, event ──▶ queries that it makes old
 *
 * One for the whole page. React reads it with the hooks of `hooks.ts`. */

import type { QueryClient } from "@tanstack/react-query";
import { type Code, type EventRow, getGraph, getServer, getStates, type Graph, type NodeState, type Server } from "../api/schema";
import { type QueryKey, staleAfter } from "./stale";

export interface Now {
  /** Undefined until the first answer, or where there is no code and the store is empty. */
  readonly graph: Graph | undefined;
  readonly states: ReadonlyMap<string, NodeState>;
  readonly server: Server | undefined;
  readonly code: Code | undefined;
  readonly connection: "opening" | "open" | "lost";
  /** Why the first answers did not come. */
  readonly error: unknown;
}

const NOTHING: Now = {
  graph: undefined,
  states: new Map(),
  server: undefined,
  code: undefined,
  connection: "opening",
  error: undefined,
};

export class LiveStore {
  #now: Now = NOTHING;
  readonly #watchers = new Set<() => void>();
  readonly #listeners = new Set<(event: EventRow) => void>();
  #source: EventSource | undefined;
  readonly #old = new Map<string, QueryKey>();
  #asking: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly queries: QueryClient) {}

  /** For `useSyncExternalStore`. */
  readonly now = (): Now => this.#now;

  /** Call `notify` after each change; what comes back ends that. */
  readonly watch = (notify: () => void): (() => void) => {
    this.#watchers.add(notify);
    return () => this.#watchers.delete(notify);
  };

  /** Call `heard` with each fact of the log as it comes; what comes back ends that. */
  listen(heard: (event: EventRow) => void): () => void {
    this.#listeners.add(heard);
    return () => this.#listeners.delete(heard);
  }

  /** Ask for everything, then follow. */
  async start(): Promise<void> {
    this.#source?.close();
    try {
      const [server, states, graph] = await Promise.all([getServer(), getStates(), this.#graph()]);
      this.#change({ server, code: server.code, graph, states: new Map(Object.entries(states.states)), error: undefined });
      this.#follow(states.seq, states.revision);
    } catch (error) {
      this.#change({ error, connection: "lost" });
      setTimeout(() => void this.start(), RETRY);
    }
  }

  close(): void {
    this.#source?.close();
  }

  #follow(seq: number, revision: number): void {
    const source = new EventSource(`/api/events?after=${seq}&revision=${revision}`);
    this.#source = source;
    let wasLost = false;
    source.addEventListener("open", () => {
      this.#change({ connection: "open" });
      if (wasLost) void this.#refresh(); // states that changed meanwhile were told to nobody
      wasLost = false;
    });
    source.addEventListener("error", () => {
      wasLost = true;
      this.#change({ connection: "lost" });
      if (source.readyState === EventSource.CLOSED) setTimeout(() => void this.start(), RETRY);
    });
    source.addEventListener("states", (message: MessageEvent<string>) => {
      const { states } = JSON.parse(message.data) as { states: Record<string, NodeState> };
      const merged = new Map(this.#now.states);
      for (const [key, state] of Object.entries(states)) merged.set(key, state);
      this.#change({ states: merged });
    });
    source.addEventListener("code", (message: MessageEvent<string>) => {
      const code = JSON.parse(message.data) as Code;
      this.#change({ code });
      // Not the code of before: the first answers may have come from either side of the moment when it was loaded.
      if (code.snapshot !== null && code.snapshot !== this.#now.graph?.snapshot) void this.#refresh();
    });
    source.addEventListener("event", (message: MessageEvent<string>) => {
      const event = JSON.parse(message.data) as EventRow;
      this.#makeOld(staleAfter(event));
      for (const heard of this.#listeners) heard(event);
    });
  }

  /** Ask anew for what is old, not for each fact: a run of many steps tells hundreds a second, and each request would
   * end the one before it. */
  #makeOld(keys: readonly QueryKey[]): void {
    for (const key of keys) this.#old.set(JSON.stringify(key), key);
    this.#asking ??= setTimeout(() => {
      this.#asking = undefined;
      for (const queryKey of this.#old.values()) void this.queries.invalidateQueries({ queryKey });
      this.#old.clear();
    }, TOGETHER);
  }

  async #refresh(): Promise<void> {
    const [server, states, graph] = await Promise.all([getServer(), getStates(), this.#graph()]);
    this.#change({ server, code: server.code, graph, states: new Map(Object.entries(states.states)) });
    void this.queries.invalidateQueries();
  }

  async #graph(): Promise<Graph | undefined> {
    return getGraph();
  }

  #change(change: Partial<Now>): void {
    this.#now = { ...this.#now, ...change };
    for (const notify of this.#watchers) notify();
  }
}

/** Milliseconds until the server is asked again after it did not answer. */
const RETRY = 1_500;

/** Milliseconds in which facts are taken together before what they make old is asked for again. */
const TOGETHER = 120;
