/** Lines of a log that match, gathered answer by answer: the server looks through as much as it can in a moment. */

import type { LogFound, LogLine } from "../../api/schema";

/** Lines that are kept; whoever finds more will type more. */
export const MOST = 20_000;
/** Milliseconds between two looks at the end of a log that grows. */
const GLANCE = 700;

export interface Look {
  (given: { start: number; limit: number }, signal: AbortSignal): Promise<LogFound>;
}

export interface FoundNow {
  readonly lines: readonly LogLine[];
  readonly isLooking: boolean;
  readonly error: unknown;
}

export const NOTHING: FoundNow = { lines: [], isLooking: true, error: undefined };

/** Look until all is looked through; go on at the end while `total` says that it grows. */
export async function gather(look: Look, total: () => { total: number; isClosed: boolean }, tell: (now: FoundNow) => void, signal: AbortSignal): Promise<void> {
  const lines: LogLine[] = [];
  let start = 0;
  while (!signal.aborted && lines.length < MOST) {
    try {
      const { total: before, isClosed } = total();
      const found = await look({ start, limit: 1000 }, signal);
      lines.push(...found.items);
      const isAtEnd = found.next === null;
      tell({ lines: lines.slice(), isLooking: !isAtEnd, error: undefined });
      if (isAtEnd && isClosed) return;
      start = found.next ?? Math.max(before, start, (found.items.at(-1)?.n ?? -1) + 1);
      if (isAtEnd) await new Promise((resolve) => setTimeout(resolve, GLANCE));
    } catch (error) {
      if (!signal.aborted) tell({ lines: lines.slice(), isLooking: false, error });
      return;
    }
  }
  tell({ lines, isLooking: false, error: undefined });
}
