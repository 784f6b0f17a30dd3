import { expect, test } from "vitest";
import type { GraphNode } from "../api/schema";
import { completions } from "./completion";

function node(key: string, given: Partial<GraphNode> = {}): GraphNode {
  return {
    key, group: "default", unit: key, deps: [], kinds: [], tags: {}, owners: [], source: false, checks: [],
    partitions: null, description: null, jobs: [], ...given,
  };
}

const NODES = [
  node("stories", { group: "data", kinds: ["table"] }),
  node("model", { group: "model", tags: { tier: "gold", daily: "" } }),
  node("model/score", { group: "model" }),
  node("odd key", { group: "a group" }),
];

const labels = (text: string) => completions(text, text.length, NODES).map((each) => each.label);

test("keys that begin with what was typed come before those that contain it", () => {
  expect(labels("sc")).toEqual(["model/score"]);
  expect(labels("mod")).toEqual(["model", "model/score"]);
});

test("an attribute is offered, then its values", () => {
  expect(labels("gro")).toEqual(["group:"]);
  expect(labels("group:")).toEqual(["a group", "data", "model"]);
  expect(labels("tag:")).toEqual(["daily", "tier=gold"]);
  expect(labels("nothing:")).toEqual([]);
});

test("what is taken replaces the word at the caret, and nothing else", () => {
  const [first] = completions("group:da or stories", 8, NODES);
  expect(first).toMatchObject({ text: "group:data or stories", caret: 10 });
});

test("words with spaces are quoted", () => {
  expect(completions("group:a g", 7, NODES)[0]?.text).toBe('group:"a group" g');
  expect(completions("odd", 3, NODES)[0]?.text).toBe('key:"odd key"');
});

test("after a whole operand the words that join come first", () => {
  expect(labels("stories ").slice(0, 3)).toEqual(["and", "or", "not"]);
});

test("the caret stands within the brackets of a function", () => {
  const [sinks] = completions("sin", 3, NODES).filter((each) => each.kind === "function");
  expect(sinks).toMatchObject({ text: "sinks()", caret: 6 });
});

test("a walk before a name stays", () => {
  expect(completions("+sto", 4, NODES)[0]?.text).toBe("+stories");
});
