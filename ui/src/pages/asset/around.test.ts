import { expect, test } from "vitest";
import type { GraphNode } from "../../api/schema";
import { aroundExpression, keyExpression } from "./expressions";
import { around } from "./hops";

function node(key: string, deps: readonly string[] = []): GraphNode {
  return {
    key, group: "default", unit: key, deps, kinds: [], tags: {}, owners: [], source: false, checks: [],
    partitions: null, description: null, jobs: [],
  };
}

/** a → b → c → d, and b → e */
const NODES = [node("a"), node("b", ["a"]), node("c", ["b"]), node("d", ["c"]), node("e", ["b"])];
const keys = (key: string, up: number | "all", down: number | "all") => around(key, NODES, up, down).map((each) => each.key);

test("so many steps up and down, and not back again", () => {
  expect(keys("c", 1, 1)).toEqual(["b", "c", "d"]);
  expect(keys("c", 2, 0)).toEqual(["a", "b", "c"]);
  expect(keys("b", "all", "all")).toEqual(["a", "b", "c", "d", "e"]);
  expect(keys("a", 0, 0)).toEqual(["a"]);
});

test("an asset that is not there has nothing around it", () => expect(keys("x", 2, 2)).toEqual([]));

test("selections say the same as the steps", () => {
  expect(aroundExpression("model", 2, 1)).toBe("2+model+1");
  expect(aroundExpression("model", "all", 0)).toBe("*model");
  expect(aroundExpression("a b", 1, "all")).toBe('1+key:"a b"*');
});

test("keys that are not plain are quoted", () => {
  expect(keyExpression("raw/stories")).toBe("raw/stories");
  expect(keyExpression('a"b*')).toBe('key:"a\\"b\\*"');
  expect(keyExpression("not")).toBe('key:"not"');
});
