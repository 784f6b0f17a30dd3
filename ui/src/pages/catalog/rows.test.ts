import { expect, test } from "vitest";
import type { GraphNode, NodeState } from "../../api/schema";
import { type Filter, type Order, rowsOf, valuesOf } from "./rows";

function node(key: string, given: Partial<GraphNode> = {}): GraphNode {
  return {
    key, group: "default", unit: key, deps: [], kinds: [], tags: {}, owners: [], source: false, checks: [],
    partitions: null, description: null, jobs: [], ...given,
  };
}

function state(given: Partial<NodeState>): NodeState {
  return {
    status: "fresh", version: 1, at: 1, value: null, why: null, run: null, started_at: null, progress: null, doing: null,
    checks: { passed: 0, failed: 0, warned: 0, unknown: 0 }, partitions: null, ...given,
  };
}

const NODES = [
  node("stories", { group: "data", kinds: ["table"], description: "Newest posts" }),
  node("model", { kinds: ["xgboost"], tags: { tier: "gold" } }),
  node("score"),
];
const STATES = new Map([
  ["stories", state({ value: "1,000", at: 5 })],
  ["model", state({ status: "failed", value: "20 trees", at: 9 })],
  ["score", state({ value: "0.4", at: 7 })],
]);
const ALL: Filter = { text: "", group: "", kind: "", state: "" };
const keys = (filter: Partial<Filter>, order?: Order) => rowsOf(NODES, STATES, { ...ALL, ...filter }, order).map((row) => row.node.key);

test("without an order the assets stay as the graph has them", () => expect(keys({})).toEqual(["stories", "model", "score"]));

test("every word must be found, in key, description, kinds, owners or tags", () => {
  expect(keys({ text: "newest tab" })).toEqual(["stories"]);
  expect(keys({ text: "tier=gold" })).toEqual(["model"]);
  expect(keys({ text: "newest model" })).toEqual([]);
});

test("filters of columns", () => {
  expect(keys({ group: "data" })).toEqual(["stories"]);
  expect(keys({ kind: "xgboost" })).toEqual(["model"]);
  expect(keys({ state: "failed" })).toEqual(["model"]);
});

test("values are sorted as numbers where they are some, before texts", () => {
  expect(keys({}, { by: "value", isDown: false })).toEqual(["score", "stories", "model"]);
});

test("the newest and the most urgent come first", () => {
  expect(keys({}, { by: "version", isDown: false })).toEqual(["model", "score", "stories"]);
  expect(keys({}, { by: "state", isDown: false })[0]).toBe("model");
  expect(keys({}, { by: "asset", isDown: true })).toEqual(["stories", "score", "model"]);
});

test("each value once", () => expect(valuesOf(NODES, (each) => [each.group])).toEqual(["data", "default"]));
