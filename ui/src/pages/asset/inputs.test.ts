import { expect, test } from "vitest";
import { inputOf } from "./inputs";

const change = (name: string, before: unknown, after: unknown) => ({ name, before, after, delta: null });

test("an input that is a version on both sides can be compared itself", () => {
  expect(inputOf(change("raw/rows", "version 3", "version 12"))).toEqual({ asset: "raw/rows", partition: undefined, before: 3, after: 12 });
  expect(inputOf(change("daily[2026-01-05]", "version 1", "version 2"))).toMatchObject({ asset: "daily", partition: "2026-01-05" });
});

test("one that is new, gone, or a content without a number cannot", () => {
  for (const [before, after] of [[null, "version 1"], ["version 1", null], ["a3f9", "version 2"], ["version x", "version 1"]]) {
    expect(inputOf(change("rows", before, after))).toBeUndefined();
  }
});
