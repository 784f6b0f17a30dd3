import { expect, test } from "vitest";
import { queryOf, spotOf, versionName } from "./spot";

const at = (text: string) => spotOf(new URLSearchParams(text));

test("an address without anything is the overview", () => {
  expect(at("")).toEqual({ tab: "overview", version: undefined, before: undefined, after: undefined, partition: undefined });
});

test("a number of a version alone opens it", () => {
  expect(at("version=12").tab).toBe("versions");
  expect(at("before=1&after=2").tab).toBe("compare");
  expect(at("tab=plots&version=12").tab).toBe("plots");
});

test("what is no tab and no number counts for nothing", () => {
  expect(at("tab=nothing&version=-1&before=x&after=0")).toMatchObject({ tab: "overview", version: undefined, before: undefined, after: undefined });
  expect(at("tab=versions&version=1e3").version).toBeUndefined();
});

test("an address leads back to where it was made", () => {
  const spot = { tab: "compare", version: undefined, before: 3, after: 7, partition: "eu" } as const;
  const pairs = Object.entries(queryOf(spot)).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  expect(spotOf(new URLSearchParams(pairs))).toEqual(spot);
});

test("versions have names", () => {
  expect(versionName("a/b", null, 3)).toBe("a/b@3");
  expect(versionName("daily", "2026-01-05", 1)).toBe("daily[2026-01-05]@1");
});
