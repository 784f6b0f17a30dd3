import { expect, test } from "vitest";
import type { RunRow } from "../../api/schema";
import { asked, chosenAfter, filtersOf, isFiltered, liveFirst } from "./filters";

const read = (search: string) => filtersOf(new URLSearchParams(search));
const NOW = 1_800_000_000_000_000;

test("what the address does not know is left out", () => {
  expect(read("status=failed,odd,queued").status).toEqual(["queued", "failed"]);
  expect(isFiltered(read("status=odd&step=x"))).toBe(false);
  expect(isFiltered(read("job=nightly"))).toBe(true);
});

test("a span is asked for as a time that does not change with each request", () => {
  const { after, before } = asked(read("since=1h"), NOW);
  expect(after).toBe(NOW - 3_600 * 1e6);
  expect(before).toBeUndefined();
  expect(asked(read("since=1h"), NOW + 59e6).after).toBe(after);
});

test("days are whole, the last one too", () => {
  const { after, before } = asked(read("since=2026-11-25&until=2026-11-26"), NOW);
  expect((before ?? 0) - (after ?? 0)).toBe(2 * 86_400 * 1e6);
  expect(asked(read("since=soon"), NOW).after).toBeUndefined();
});

test("half a tag is not asked for", () => {
  expect(asked(read("tag=team"), NOW).tag).toBeUndefined();
  expect(asked(read("tag=team%3Ddata"), NOW).tag).toBe("team=data");
});

test("runs that go on are first and there once", () => {
  const run = (number: number) => ({ number }) as RunRow;
  expect(liveFirst([run(2)], [run(3), run(2), run(1)]).map(({ number }) => number)).toEqual([2, 3, 1]);
});

test("two are compared; a third takes the place of the first", () => {
  expect([1, 2, 3].reduce(chosenAfter, [] as readonly number[])).toEqual([2, 3]);
  expect(chosenAfter([2, 3], 2)).toEqual([3]);
});
