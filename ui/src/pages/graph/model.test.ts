import { expect, test } from "vitest";
import type { GraphNode, NodeState } from "../../api/schema";
import { counted, drawn, statusOf, withDownstream } from "./model";

function node(key: string, deps: string[] = [], group = "default"): GraphNode {
  return {
    key, group, deps, unit: key, kinds: [], tags: {}, owners: [], source: false, checks: [], partitions: null,
    description: null, jobs: [],
  };
}

function state(status: NodeState["status"], given: Partial<NodeState> = {}): NodeState {
  return {
    status, version: null, at: null, value: null, why: null, run: null, started_at: null, progress: null, doing: null,
    checks: { passed: 0, failed: 0, warned: 0, unknown: 0 }, partitions: null, ...given,
  };
}

test("one group is no box, two are", () => {
  expect(drawn([node("a"), node("b", ["a"])])).toMatchObject({ groups: [], edges: [{ from: "a", to: "b" }] });
  expect(drawn([node("a"), node("b", ["a"], "model")]).groups.map((group) => group.id)).toEqual(["default", "model"]);
});

test("an edge from what is not in the graph is not drawn", () => {
  expect(drawn([node("b", ["a"])]).edges).toEqual([]);
});

test("a failed asset shows why, others their value", () => {
  expect(statusOf(state("failed", { why: "KeyError: 'x'", value: "0.4" })).value).toBe("KeyError: 'x'");
  expect(statusOf(state("stale", { why: "code", value: "0.4" })).value).toBe("0.4");
});

test("partitions are counted where there is no value", () => {
  const partitions = { total: 1200, fresh: 3, stale: 0, missing: 1190, failed: 0, made: 0 };
  expect(statusOf(state("stale", { partitions })).value).toBe("10 of 1,200");
});

test("what is made from an asset, over several steps", () => {
  const assets = [node("a"), node("b", ["a"]), node("c", ["b"]), node("d")];
  expect([...withDownstream(["a"], assets)]).toEqual(["a", "b", "c"]);
});

test("the most urgent state is counted first", () => {
  expect(counted([state("fresh"), state("failed"), state("fresh"), state("unknown")])).toEqual([
    ["failed", 1], ["missing", 1], ["fresh", 2],
  ]);
});
