/** A JSON schema as a form sees it: which control a field needs, and what is said beside it. */

import { countText } from "../../parts/format";
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}
export type Schema = Readonly<Record<string, unknown>>;

interface Common {
  readonly description: string | undefined;
  /** Whether nothing (`null`) is a value too. */
  readonly isOptional: boolean;
}

export interface Field {
  readonly name: string;
  readonly isRequired: boolean;
  readonly shape: Shape;
  /** What it is where nobody gives it, if that may be told. */
  readonly fallback?: Json | undefined;
}

export interface Variant {
  /** What chooses it: the value of the discriminator, or a word for its type. */
  readonly name: string;
  readonly shape: Shape;
}

export type Shape = Common &
  (
    | { readonly kind: "text"; readonly isSecret: boolean; readonly hint: string }
    | { readonly kind: "number"; readonly isInteger: boolean; readonly hint: string }
    | { readonly kind: "boolean" }
    | { readonly kind: "choice"; readonly options: readonly Json[] }
    | { readonly kind: "constant"; readonly value: Json }
    | { readonly kind: "list"; readonly item: Shape; readonly hint: string }
    | { readonly kind: "dict"; readonly value: Shape }
    | { readonly kind: "object"; readonly fields: readonly Field[]; readonly isOpen: boolean }
    | { readonly kind: "union"; readonly variants: readonly Variant[]; readonly discriminator: string | undefined }
    | { readonly kind: "anything" }
  );

/** Deeper than this a schema refers to itself; there JSON is typed. */
const DEEPEST = 8;

export function shapeOf(schema: Schema, defs: Schema = schemaAt(schema["$defs"]), depth = 0): Shape {
  const whole = resolved(schema, defs);
  const description = textOf(whole["description"]);
  const common = { description, isOptional: false };
  if (depth > DEEPEST) return { ...common, kind: "anything" };
  const of = (inner: unknown) => shapeOf(schemaAt(inner), defs, depth + 1);

  const options = schemasAt(whole["anyOf"] ?? whole["oneOf"]);
  if (options.length > 0) return unionOf(whole, options, common, defs, of);
  if ("const" in whole) return { ...common, kind: "constant", value: whole["const"] as Json };
  if (Array.isArray(whole["enum"])) return { ...common, kind: "choice", options: whole["enum"] as Json[] };
  const type = Array.isArray(whole["type"]) ? (whole["type"] as unknown[]).find((each) => each !== "null") : whole["type"];
  const isOptional = Array.isArray(whole["type"]) && (whole["type"] as unknown[]).includes("null");
  switch (type) {
    case "string":
      return { ...common, isOptional, kind: "text", isSecret: whole["writeOnly"] === true || whole["format"] === "password", hint: textHint(whole) };
    case "integer":
    case "number":
      return { ...common, isOptional, kind: "number", isInteger: type === "integer", hint: boundsHint(whole) };
    case "boolean":
      return { ...common, isOptional, kind: "boolean" };
    case "array":
      return { ...common, isOptional, kind: "list", item: of(whole["items"] ?? {}), hint: lengthHint(whole, "Items") };
    case "object": {
      const properties = Object.entries(schemaAt(whole["properties"]));
      const extra = whole["additionalProperties"];
      if (properties.length === 0 && extra !== false) {
        return { ...common, isOptional, kind: "dict", value: typeof extra === "object" && extra !== null ? of(extra) : { ...ANYTHING } };
      }
      const required = new Set(Array.isArray(whole["required"]) ? (whole["required"] as unknown[]) : []);
      const fields = properties.map(([name, each]) => ({
        name,
        isRequired: required.has(name),
        shape: of(each),
        fallback: schemaAt(each)["default"] as Json | undefined,
      }));
      return { ...common, isOptional, kind: "object", fields, isOpen: extra === true };
    }
    default:
      return { ...common, kind: "anything" };
  }
}

const ANYTHING: Shape = { kind: "anything", description: undefined, isOptional: false };

function unionOf(whole: Schema, options: readonly Schema[], common: Common, defs: Schema, of: (inner: unknown) => Shape): Shape {
  const something = options.filter((option) => resolved(option, defs)["type"] !== "null");
  const isOptional = something.length < options.length;
  const [only] = something;
  if (something.length === 1 && only !== undefined) {
    const shape = of(only);
    return { ...shape, isOptional: isOptional || shape.isOptional, description: common.description ?? shape.description };
  }
  const { propertyName } = schemaAt(whole["discriminator"]);
  const discriminator = textOf(propertyName);
  const variants = something.map((option) => {
    const shape = of(option);
    return { name: variantName(resolved(option, defs), shape, discriminator), shape };
  });
  return { ...common, isOptional, kind: "union", variants, discriminator };
}

function variantName(schema: Schema, shape: Shape, discriminator: string | undefined): string {
  if (shape.kind === "object" && discriminator !== undefined) {
    const tag = shape.fields.find(({ name }) => name === discriminator)?.shape;
    if (tag?.kind === "constant") return String(tag.value);
    if (tag?.kind === "choice") return String(tag.options[0]);
  }
  return textOf(schema["title"]) ?? WORDS[shape.kind === "number" && shape.isInteger ? "integer" : shape.kind] ?? shape.kind;
}

const WORDS: Readonly<Record<string, string>> = { integer: "whole number", anything: "JSON", object: "fields", choice: "one of" };

function resolved(schema: Schema, defs: Schema): Schema {
  let found = schema;
  for (let steps = 0; steps < DEEPEST; steps++) {
    const parts = schemasAt(found["allOf"]);
    const ref = textOf(found["$ref"]);
    const { $ref: _, allOf: __, ...own } = found;
    if (ref !== undefined) found = { ...schemaAt(defs[ref.replace("#/$defs/", "")]), ...own };
    else if (parts.length === 1 && parts[0] !== undefined) found = { ...parts[0], ...own };
    else break;
  }
  return found;
}

function schemaAt(value: unknown): Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Schema) : {};
}

function schemasAt(value: unknown): Schema[] {
  return Array.isArray(value) ? value.map(schemaAt) : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function boundsHint(schema: Schema): string {
  const numbers = [
    ["minimum", "at least"],
    ["exclusiveMinimum", "more than"],
    ["maximum", "at most"],
    ["exclusiveMaximum", "less than"],
    ["multipleOf", "a multiple of"],
  ] as const;
  return numbers.flatMap(([key, words]) => (typeof schema[key] === "number" ? [`${words} ${countText(schema[key])}`] : [])).join(", ");
}

function textHint(schema: Schema): string {
  const format = textOf(schema["format"]);
  const pattern = textOf(schema["pattern"]);
  return [lengthHint(schema, "Length"), format === "password" ? undefined : format, pattern === undefined ? undefined : `like ${pattern}`]
    .filter((part) => part !== undefined && part !== "")
    .join(", ");
}

function lengthHint(schema: Schema, what: "Length" | "Items"): string {
  const [least, most] = [schema[`min${what}`], schema[`max${what}`]];
  const noun = what === "Length" ? "characters" : "items";
  return [typeof least === "number" ? `at least ${least} ${noun}` : "", typeof most === "number" ? `at most ${most} ${noun}` : ""].filter(Boolean).join(", ");
}

/** A value that a field can begin with where nothing is known of its default. */
export function blank(shape: Shape): Json {
  if (shape.isOptional) return null;
  switch (shape.kind) {
    case "text":
      return "";
    case "number":
      return 0;
    case "boolean":
      return false;
    case "choice":
      return shape.options[0] ?? null;
    case "constant":
      return shape.value;
    case "list":
      return [];
    case "union": {
      const first = shape.variants[0];
      return first === undefined ? null : chosen(first, shape.discriminator);
    }
    case "object":
      return Object.fromEntries(shape.fields.filter((field) => field.isRequired).map((field) => [field.name, blank(field.shape)]));
    case "dict":
      return {};
    case "anything":
      return null;
  }
}

/** What a variant of a union begins with. */
export function chosen(variant: Variant, discriminator: string | undefined): Json {
  const value = blank({ ...variant.shape, isOptional: false });
  return discriminator !== undefined && isObject(value) ? { [discriminator]: variant.name, ...value } : value;
}

/** Which variant a value is of, by its discriminator, else by its type. */
export function variantOf(shape: Extract<Shape, { kind: "union" }>, value: Json | undefined): Variant | undefined {
  if (shape.discriminator !== undefined && isObject(value)) {
    const tag = value[shape.discriminator];
    return shape.variants.find(({ name }) => name === tag);
  }
  return shape.variants.find(({ shape: each }) => fits(each, value));
}

function fits(shape: Shape, value: Json | undefined): boolean {
  switch (shape.kind) {
    case "text":
      return typeof value === "string";
    case "number":
      return typeof value === "number" && (!shape.isInteger || Number.isInteger(value));
    case "boolean":
      return typeof value === "boolean";
    case "choice":
      return shape.options.some((option) => option === value);
    case "constant":
      return shape.value === value;
    case "list":
      return Array.isArray(value);
    case "object":
      return isObject(value) && Object.keys(value).every((key) => shape.fields.some(({ name }) => name === key));
    case "dict":
      return isObject(value);
    case "union":
      return variantOf(shape, value) !== undefined;
    case "anything":
      return true;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as the form has it: of a union that was recorded as `{ridge: {alpha: 1}}`, `{kind: "ridge", alpha: 1}`. */
export function normal(shape: Shape, value: Json): Json {
  if (shape.kind === "union") {
    const variant = variantOf(shape, value);
    if (variant !== undefined) return normal(variant.shape, value);
    const [name, ...others] = isObject(value) ? Object.keys(value) : [];
    const named = others.length === 0 ? shape.variants.find((each) => each.name === name) : undefined;
    const inner = name !== undefined && isObject(value) ? value[name] : undefined;
    if (shape.discriminator === undefined || named === undefined || !isObject(inner)) return value;
    return { [shape.discriminator]: named.name, ...(normal(named.shape, inner) as JsonObject) };
  }
  if (shape.kind === "object" && isObject(value)) {
    const shapes = new Map(shape.fields.map((field) => [field.name, field.shape]));
    return mapped(value, (each, name) => normal(shapes.get(name) ?? ANYTHING, each));
  }
  if (shape.kind === "dict" && isObject(value)) return mapped(value, (each) => normal(shape.value, each));
  if (shape.kind === "list" && Array.isArray(value)) return (value as readonly Json[]).map((each) => normal(shape.item, each));
  return value;
}

function mapped(value: JsonObject, change: (each: Json, name: string) => Json): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, change(each, name)]));
}

/** Whether two values are the same, whatever the order of their names. */
export function isSame(one: Json | undefined, other: Json | undefined): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && (one as readonly Json[]).every((each, at) => isSame(each, (other as readonly Json[])[at]));
  }
  if (!isObject(one) || !isObject(other)) return false;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => name in other && isSame(one[name], other[name]));
}
