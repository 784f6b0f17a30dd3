import { expect, test } from "vitest";
import type { LaunchForm } from "../../api/schema";
import { asLast, fieldName, parsed, partitionsOf, placeOf, problemsOf, shortMessage, valueAt, withPartition, withValue } from "./draft";

test("a value is put where the unit has it, and goes with all that it leaves empty", () => {
  const place = placeOf("ops", "graph.inner");
  const config = withValue({ loggers: {} }, place, { alpha: 1 });
  expect(config).toEqual({ loggers: {}, ops: { graph: { ops: { inner: { config: { alpha: 1 } } } } } });
  expect(valueAt(config, place)).toEqual({ alpha: 1 });
  expect(withValue(config, place, undefined)).toEqual({ loggers: {} });
});

test("the order of names stays, so that the text does not jump", () => {
  expect(Object.keys(withValue({ a: 1, b: 2 }, ["a"], 3))).toEqual(["a", "b"]);
});

test("as last time means what differs from the defaults", () => {
  const unit = (unit: string, defaults: object, last: object | null) => ({ unit, assets: [unit], schema: {}, defaults, last }) as LaunchForm["units"][number];
  const form = {
    units: [unit("model", { alpha: 1, seed: 1 }, { alpha: 2, seed: 1 }), unit("rows", { n: 1 }, { n: 1 }), unit("new", { n: 1 }, null)],
    resources: [unit("db", { host: "here" }, { host: "there" })],
  } as unknown as LaunchForm;
  expect(asLast(form)).toEqual({ ops: { model: { config: { alpha: 2 } } }, resources: { db: { config: { host: "there" } } } });
});

test("a problem stands at its field, in a few words", () => {
  const path = "root:ops:model:config:alpha";
  const problems = problemsOf([{ path, message: `Invalid value at path ${path}. Value "-1" was given. Input should be greater than 0` }]);
  expect([...problems]).toEqual([["ops:model:config:alpha", "Greater than 0"]]);
  expect(fieldName("ops:model:config:tree:depth")).toBe("model.tree.depth");
});

test.each([
  [`Invalid scalar at path root:a. Value "x" of type "<class 'str'>" is not valid for expected type "Int".`, "Not a whole number"],
  ["Received unexpected config entry \"odd\" at path root:ops.", "Received unexpected config entry \"odd\" at path root:ops."],
  [`Invalid value at path root:a. Value "a\nb" was given. Field required`, "Field required"],
])("%j in short", (message, expected) => {
  expect(shortMessage(message)).toBe(expected);
});

test("partitions are a list of keys and ranges", () => {
  expect(partitionsOf(" a, b...c,, \n d ")).toEqual(["a", "b...c", "d"]);
  expect(withPartition("a, b", "b")).toBe("a");
  expect(withPartition("", "b")).toBe("b");
});

test("text is config where it is an object", () => {
  expect(parsed("")).toEqual({});
  expect(parsed('{"ops": {}}')).toEqual({ ops: {} });
  expect(typeof parsed("[1]")).toBe("string");
  expect(typeof parsed("{")).toBe("string");
});
