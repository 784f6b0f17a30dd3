import { expect, test } from "vitest";
import { fieldsOf } from "./config";

const SCHEMA = {
  properties: {
    rows: { type: "integer", minimum: 1, description: "How many" },
    names: { type: "array", items: { type: "string" } },
    way: { enum: ["fast", "good"] },
    limit: { anyOf: [{ type: "number" }, { type: "null" }] },
    model: { $ref: "#/$defs/Model" },
  },
  required: ["way"],
  $defs: { Model: { properties: { depth: { type: "integer", exclusiveMaximum: 9 }, deeper: { $ref: "#/$defs/Model" } } } },
};

test("each field has its type, its limits and its default", () => {
  const fields = fieldsOf(SCHEMA, { rows: 200, names: ["a"], model: { depth: 3 } });
  expect(fields.slice(0, 5).map(({ name, type, default: value }) => [name, type, value])).toEqual([
    ["rows", "integer ≥ 1", "200"],
    ["names", "array of string", '["a"]'],
    ["way", "fast | good", undefined],
    ["limit", "number | null", undefined],
    ["model.depth", "integer < 9", "3"],
  ]);
  expect(fields.find((field) => field.name === "rows")?.description).toBe("How many");
  expect(fields.filter((field) => field.isRequired).map((field) => field.name)).toEqual(["way"]);
});

test("a schema that holds itself has an end", () => expect(fieldsOf(SCHEMA, {}).length).toBeLessThan(20));

test("no fields", () => expect(fieldsOf({}, {})).toEqual([]));
