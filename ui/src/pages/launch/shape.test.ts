import { expect, test } from "vitest";
import { blank, chosen, isSame, normal, shapeOf, variantOf } from "./shape";

const SCHEMA = {
  type: "object",
  $defs: {
    Ridge: { type: "object", properties: { kind: { const: "ridge" }, alpha: { type: "number", exclusiveMinimum: 0 } } },
    Forest: {
      type: "object",
      required: ["trees"],
      properties: { kind: { const: "forest" }, trees: { type: "integer", minimum: 1, maximum: 1000 }, depth: { anyOf: [{ type: "integer" }, { type: "null" }] } },
    },
    Loss: { enum: ["squared", "absolute"], type: "string" },
    Node: { type: "object", properties: { next: { $ref: "#/$defs/Node" } } },
  },
  required: ["path"],
  properties: {
    path: { type: "string", minLength: 1, description: "Where" },
    secret: { type: "string", format: "password", writeOnly: true },
    loss: { allOf: [{ $ref: "#/$defs/Loss" }], description: "What is an error" },
    model: { oneOf: [{ $ref: "#/$defs/Ridge" }, { $ref: "#/$defs/Forest" }], discriminator: { propertyName: "kind" } },
    either: { anyOf: [{ type: "integer" }, { type: "string" }, { type: "null" }] },
    names: { type: "array", items: { type: "string" } },
    weights: { type: "object", additionalProperties: { type: "number" } },
    node: { $ref: "#/$defs/Node" },
    odd: {},
  },
};
const shape = shapeOf(SCHEMA);
const field = (name: string) => {
  const found = shape.kind === "object" ? shape.fields.find((each) => each.name === name) : undefined;
  if (found === undefined) throw new Error(name);
  return found;
};

test("each type has its control, and what is said beside it", () => {
  expect(field("path")).toMatchObject({ isRequired: true, shape: { kind: "text", hint: "at least 1 characters", description: "Where", isSecret: false } });
  expect(field("secret").shape).toMatchObject({ kind: "text", isSecret: true, hint: "" });
  expect(field("loss").shape).toMatchObject({ kind: "choice", options: ["squared", "absolute"], description: "What is an error" });
  expect(field("names").shape).toMatchObject({ kind: "list", item: { kind: "text" } });
  expect(field("weights").shape).toMatchObject({ kind: "dict", value: { kind: "number" } });
  expect(field("odd").shape.kind).toBe("anything");
});

test("nothing is a value of what may be nothing, beside one type or several", () => {
  expect(field("either").shape).toMatchObject({ kind: "union", isOptional: true, variants: [{ name: "whole number" }, { name: "text" }] });
  const forest = field("model").shape;
  const depth = forest.kind === "union" && forest.variants[1]?.shape.kind === "object" ? forest.variants[1].shape.fields[2]?.shape : undefined;
  expect(depth).toMatchObject({ kind: "number", isInteger: true, isOptional: true });
});

test("variants are named by what tells them apart", () => {
  const model = field("model").shape;
  if (model.kind !== "union") throw new Error(model.kind);
  expect(model.variants.map(({ name }) => name)).toEqual(["ridge", "forest"]);
  expect(variantOf(model, { kind: "forest", trees: 3 })?.name).toBe("forest");
  const [, forest] = model.variants;
  if (forest === undefined) throw new Error("one variant");
  expect(chosen(forest, model.discriminator)).toEqual({ kind: "forest", trees: 0 });
});

test("of a union without tags the type of the value tells", () => {
  const either = field("either").shape;
  if (either.kind !== "union") throw new Error(either.kind);
  expect([3, "3", null].map((value) => variantOf(either, value)?.name)).toEqual(["whole number", "text", undefined]);
});

test("a schema that refers to itself has an end", () => {
  expect(JSON.stringify(shapeOf(SCHEMA))).toContain('"anything"');
});

test("a recorded union becomes what the form has", () => {
  const recorded = { model: { ridge: { alpha: 2 } }, names: ["a"] };
  expect(normal(shape, recorded)).toEqual({ model: { kind: "ridge", alpha: 2 }, names: ["a"] });
  expect(normal(shape, { model: { kind: "ridge" } })).toEqual({ model: { kind: "ridge" } });
});

test("a required text begins empty, what may be nothing with nothing", () => {
  expect(blank(shape)).toEqual({ path: "" });
  expect(blank(field("either").shape)).toBeNull();
});

test("values are the same whatever the order of their names", () => {
  expect(isSame({ a: [1, { b: null }], c: "" }, { c: "", a: [1, { b: null }] })).toBe(true);
  expect(isSame({ a: 1 }, { a: 1, b: undefined as unknown as null })).toBe(false);
  expect(isSame([1], { 0: 1 })).toBe(false);
});
