/** The config of a run while it is written: what is given, unit by unit; defaults are not in it. */

import type { FieldProblem, LaunchForm, LaunchUnit } from "../../api/schema";
import { isObject, isSame, type Json, type JsonObject, normal, type Schema, shapeOf } from "./shape";

export type Section = "ops" | "resources";

/** `["ops", "graph", "ops", "inner", "config"]`: where the config of a unit is. */
export function placeOf(section: Section, unit: string): readonly string[] {
  if (section === "resources") return [section, unit, "config"];
  return [...unit.split(".").flatMap((name) => ["ops", name]), "config"];
}

export function valueAt(config: JsonObject, place: readonly string[]): Json | undefined {
  let found: Json | undefined = config;
  for (const name of place) found = isObject(found) ? found[name] : undefined;
  return found;
}

/** The config with something at a place; what is left empty by that goes too. */
export function withValue(config: JsonObject, place: readonly string[], value: Json | undefined): JsonObject {
  const [name, ...rest] = place;
  if (name === undefined) return isObject(value) ? value : {};
  const inner = config[name];
  const next = rest.length === 0 ? value : withValue(isObject(inner) ? inner : {}, rest, value);
  const { [name]: _, ...others } = config;
  const isEmpty = next === undefined || (rest.length > 0 && isObject(next) && Object.keys(next).length === 0);
  if (isEmpty) return others;
  return name in config ? { ...config, [name]: next } : { ...others, [name]: next };
}

/** What of the values of a unit is not its default. */
export function differing(schema: Schema, values: JsonObject, defaults: JsonObject): JsonObject {
  const whole = normal(shapeOf(schema), values);
  return Object.fromEntries(Object.entries(isObject(whole) ? whole : {}).filter(([name, value]) => !isSame(value, defaults[name])));
}

/** The config of the last time that these assets were made, as far as it is not the default. */
export function asLast(form: LaunchForm): JsonObject {
  let config: JsonObject = {};
  const take = (section: Section, unit: LaunchUnit) => {
    if (unit.last === null) return;
    const given = differing(unit.schema, unit.last as JsonObject, unit.defaults as JsonObject);
    if (Object.keys(given).length > 0) config = withValue(config, placeOf(section, unit.unit), given);
  };
  for (const unit of form.units) take("ops", unit);
  for (const unit of form.resources) take("resources", unit);
  return config;
}

/** Problems by the path of their field, without the `root:` before it. */
export type Problems = ReadonlyMap<string, string>;

export function problemsOf(problems: readonly FieldProblem[]): Problems {
  return new Map(problems.map(({ path, message }) => [path.replace(/^root:/, ""), shortMessage(message)]));
}

/** What is wrong, without the path and the value, which stand beside it. */
export function shortMessage(message: string): string {
  const rest = /^Invalid (?:value|scalar) at path \S+\. Value [\s\S]*?(?: was given\. | of type "[^"]*" is )([\s\S]+)$/.exec(message)?.[1];
  const short = (rest ?? message).replace(/^Input should be /, "");
  const typed = /^not valid for expected type "(\w+)"\.?$/.exec(short)?.[1];
  const text = typed === undefined ? short : `not a ${TYPES[typed] ?? typed}`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const TYPES: Readonly<Record<string, string>> = { Int: "whole number", Float: "number", String: "text", Bool: "yes or no" };

/** `model.tree.depth`: a path as one would say it. */
export function fieldName(path: string): string {
  return path
    .split(":")
    .filter((part) => part !== "ops" && part !== "resources" && part !== "config")
    .join(".");
}

/** `a, b...c` as a list. */
export function partitionsOf(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** A key in the list, or no more. */
export function withPartition(text: string, key: string): string {
  const keys = partitionsOf(text);
  return (keys.includes(key) ? keys.filter((each) => each !== key) : [...keys, key]).join(", ");
}

/** JSON as somebody types it: the config, or what is wrong with the text. */
export function parsed(text: string): JsonObject | string {
  if (text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : "A config is an object: {\"ops\": …}";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
