import { expect, test } from "vitest";
import type { Verdict } from "../../api/schema";
import { chosenAfter, pairOf } from "./chosen";
import { sparkline } from "./sparkline";
import { histories, verdictKind } from "./verdicts";

const version = (number: number, partition: string | null = null) => ({ id: `${partition} ${number}`, number, partition });

test("two are compared, the older first; a third takes the place of the first", () => {
  const two = chosenAfter(chosenAfter([], version(7)), version(3));
  expect(pairOf(two)).toEqual({ before: 3, after: 7, partition: undefined });
  expect(pairOf(chosenAfter(two, version(9)))).toEqual({ before: 3, after: 9, partition: undefined });
  expect(chosenAfter(two, version(7))).toEqual([version(3)]);
  expect(pairOf([version(1)])).toBeUndefined();
});

test("versions of two partitions are not compared", () => {
  expect(chosenAfter([version(7, "eu")], version(3, "us"))).toEqual([version(3, "us")]);
});

test("a line of numbers breaks where one is none", () => {
  expect(sparkline([0, 1, Number.NaN, 2], 30, 10)).toBe("M0.0 10.0L10.0 5.0M30.0 0.0");
  expect(sparkline([5, 5], 10, 10)).toBe("M0.0 5.0L10.0 5.0");
  expect(sparkline([1], 10, 10)).toBe("");
});

test("verdicts by check, the oldest first", () => {
  const verdict = (name: string, seq: number, passed = true) => ({ name, seq, passed, severity: "WARN" }) as Verdict;
  const found = histories([verdict("a", 3), verdict("b", 2), verdict("a", 1)]);
  expect(found.get("a")?.map(({ seq }) => seq)).toEqual([1, 3]);
  expect(verdictKind(verdict("a", 1, false))).toBe("warned");
});
