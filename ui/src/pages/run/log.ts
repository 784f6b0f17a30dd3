/** The log of one attempt, of which the pages around the reader and the end exist; and its end as it grows.
 *
 *     end of the log ──getLog(start: total, wait)──▶ total, newest lines
 *     rows in view  ──want(first, end)──▶ pages of 500 lines, the ones not used for long are dropped
 */

import type { LogLine, LogPage } from "../../api/schema";

export const PAGE = 500;
/** Pages that are kept. */
const KEPT = 60;
/** Seconds that the server may wait for a line. */
const WAIT = 20;
/** Milliseconds before another attempt after a failure. */
const RETRY = 1_500;

export interface Ask {
  (given: { start: number; limit: number; wait: number }, signal: AbortSignal): Promise<LogPage>;
}

export interface LogNow {
  readonly total: number;
  /** Undefined until the first answer. */
  readonly isClosed: boolean | undefined;
  readonly error: unknown;
  /** Grows with each change of what lines there are. */
  readonly revision: number;
}

export class LogFeed {
  #now: LogNow = { total: 0, isClosed: undefined, error: undefined, revision: 0 };
  readonly #pages = new Map<number, (LogLine | undefined)[]>();
  readonly #asked = new Set<number>();
  readonly #watchers = new Set<() => void>();
  #stop = new AbortController();

  constructor(private readonly ask: Ask) {}

  readonly now = (): LogNow => this.#now;

  readonly watch = (notify: () => void): (() => void) => {
    this.#watchers.add(notify);
    return () => this.#watchers.delete(notify);
  };

  /** Follow the end until it is closed; what comes back ends that. */
  start(): () => void {
    this.#stop = new AbortController();
    this.#asked.clear();
    void this.#follow(this.#stop.signal);
    return () => this.#stop.abort();
  }

  line(n: number): LogLine | undefined {
    return this.#pages.get(Math.floor(n / PAGE))?.[n % PAGE];
  }

  /** See to it that these lines are there. */
  want(first: number, end: number): void {
    for (let page = Math.floor(first / PAGE); page * PAGE < Math.min(end, this.#now.total); page++) {
      const lines = this.#pages.get(page);
      if (lines !== undefined) {
        this.#pages.delete(page);
        this.#pages.set(page, lines); // used last
      }
      if (this.#isWhole(page) || this.#asked.has(page)) continue;
      this.#asked.add(page);
      void this.#load(page, this.#stop.signal);
    }
  }

  #isWhole(page: number): boolean {
    const there = this.#pages.get(page);
    if (there === undefined) return false;
    const count = Math.min(PAGE, this.#now.total - page * PAGE);
    for (let index = 0; index < count; index++) if (there[index] === undefined) return false;
    return true;
  }

  async #load(page: number, signal: AbortSignal): Promise<void> {
    try {
      const answer = await this.ask({ start: page * PAGE, limit: PAGE, wait: 0 }, signal);
      this.#take(answer);
    } catch (error) {
      if (!signal.aborted) this.#change({ error });
    } finally {
      this.#asked.delete(page);
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    let isFirst = this.#now.isClosed === undefined;
    while (!signal.aborted) {
      try {
        const given = isFirst ? { start: -PAGE, limit: PAGE, wait: 0 } : { start: this.#now.total, limit: PAGE, wait: WAIT };
        const page = await this.ask(given, signal);
        if (signal.aborted) return;
        this.#take(page);
        isFirst = false;
        if (page.closed && (page.items.length === 0 || (page.items.at(-1)?.n ?? 0) + 1 >= page.total)) return;
      } catch (error) {
        if (signal.aborted) return;
        this.#change({ error });
        await new Promise((resolve) => setTimeout(resolve, RETRY));
      }
    }
  }

  #take({ items, total, closed }: LogPage): void {
    for (const line of items) {
      const page = Math.floor(line.n / PAGE);
      let lines = this.#pages.get(page);
      if (lines === undefined) {
        lines = [];
        this.#pages.set(page, lines);
      }
      lines[line.n % PAGE] = line;
    }
    for (const page of this.#pages.keys()) {
      if (this.#pages.size <= KEPT) break;
      this.#pages.delete(page); // the one that was used longest ago
    }
    this.#change({ total: Math.max(total, this.#now.total), isClosed: closed, error: undefined });
  }

  #change(change: Partial<LogNow>): void {
    this.#now = { ...this.#now, ...change, revision: this.#now.revision + 1 };
    for (const notify of this.#watchers) notify();
  }
}

// Escapes of terminals: colours, moves of the cursor, titles.
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-_])/g;

/** A line as it is read: what a progress bar wrote over is gone, and so are a terminal's colours. */
export function plainText(text: string): string {
  const last = text.trimEnd().lastIndexOf("\r");
  return (last < 0 ? text : text.slice(last + 1)).replace(ESCAPES, "");
}
