import { expect, test, vi } from "vitest";
import type { LogPage } from "../../api/schema";
import { LogFeed, PAGE, plainText } from "./log";

/** A log of so many lines that grows when told to, and closes. */
class Source {
  isClosed = false;
  asked: number[] = [];
  #waiting: (() => void)[] = [];
  constructor(public total: number) {}

  readonly ask = async ({ start, limit, wait }: { start: number; limit: number; wait: number }): Promise<LogPage> => {
    const first = start < 0 ? Math.max(0, this.total + start) : start;
    this.asked.push(first);
    if (wait > 0 && first >= this.total && !this.isClosed) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const items = [];
    for (let n = first; n < Math.min(this.total, first + limit); n++) items.push({ n, at: 0, level: "info", stream: "stdout", text: `line ${n}` });
    return { items, total: this.total, closed: this.isClosed };
  };

  grow(lines: number, isClosed = false) {
    this.total += lines;
    this.isClosed = isClosed;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

test("the end comes first, other pages when they are wanted, each once", async () => {
  const source = new Source(1_000_000);
  source.isClosed = true;
  const feed = new LogFeed(source.ask);
  const stop = feed.start();
  await vi.waitFor(() => expect(feed.now().total).toBe(1_000_000));
  expect(feed.line(999_999)?.text).toBe("line 999999");
  expect(feed.line(500_010)).toBeUndefined();
  feed.want(500_000, 500_040);
  feed.want(500_010, 500_050);
  await vi.waitFor(() => expect(feed.line(500_010)?.text).toBe("line 500010"));
  expect(source.asked).toEqual([1_000_000 - PAGE, 500_000]);
  stop();
});

test("lines appear as they come, until the log is closed", async () => {
  const source = new Source(0);
  const feed = new LogFeed(source.ask);
  const stop = feed.start();
  await vi.waitFor(() => expect(feed.now().isClosed).toBe(false));
  source.grow(3);
  await vi.waitFor(() => expect(feed.line(2)?.text).toBe("line 2"));
  source.grow(1, true);
  await vi.waitFor(() => expect(feed.now()).toMatchObject({ total: 4, isClosed: true }));
  expect(feed.line(3)?.text).toBe("line 3");
  stop();
});

test("pages that nobody looks at are dropped", async () => {
  const source = new Source(PAGE * 200);
  source.isClosed = true;
  const feed = new LogFeed(source.ask);
  const stop = feed.start();
  await vi.waitFor(() => expect(feed.now().total).toBe(source.total));
  for (let page = 0; page < 100; page++) {
    feed.want(page * PAGE, page * PAGE + 1);
    await new Promise((resolve) => setTimeout(resolve));
    expect(feed.line(page * PAGE)).toBeDefined();
  }
  expect(feed.line(0)).toBeUndefined();
  stop();
});

test("a failure is told, and the log goes on", async () => {
  vi.useFakeTimers();
  const source = new Source(2);
  source.isClosed = true;
  let failures = 1;
  const feed = new LogFeed((given) => (failures-- > 0 ? Promise.reject(new Error("gone")) : source.ask(given)));
  const stop = feed.start();
  await vi.advanceTimersByTimeAsync(1);
  expect(feed.now().error).toBeInstanceOf(Error);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(feed.now()).toMatchObject({ total: 2, error: undefined });
  stop();
  vi.useRealTimers();
});

test("what was written over and colours of a terminal are not shown", () => {
  expect(plainText("10%\r 50%\r100%")).toBe("100%");
  expect(plainText("done\r")).toBe("done\r");
  expect(plainText("\u001b[31mred\u001b[0m \u001b]0;title\u0007plain")).toBe("red plain");
});
