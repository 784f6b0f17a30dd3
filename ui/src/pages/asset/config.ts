/** The fields of a config, from its JSON schema. */

import { entriesOf, type Fields, isFields, itemsOf, lineOf, textOf } from "../../values/json";

export interface ConfigField {
  /** With dots, where it is within another. */
  readonly name: string;
  readonly type: string;
  readonly default: string | undefined;
  readonly description: string | undefined;
  readonly isRequired: boolean;
}

const DEPTH = 4;

/** In the order of the schema; defaults stand beside it, nested as the fields are. */
export function fieldsOf(schema: Fields, defaults: Fields): readonly ConfigField[] {
  return within(schema, schema, defaults, "", 0);
}

function within(schema: Fields, root: Fields, defaults: Fields, prefix: string, depth: number): ConfigField[] {
  const required = new Set(itemsOf(schema.required).map(String));
  return entriesOf(schema.properties).flatMap(([name, said]) => {
    const field = resolved(said, root);
    const given = defaults[name];
    const inner = depth < DEPTH && isFields(field.properties) ? within(field, root, isFields(given) ? given : {}, `${prefix}${name}.`, depth + 1) : [];
    if (inner.length > 0) return inner;
    return [
      {
        name: prefix + name,
        type: typeOf(field, root),
        default: given === undefined ? undefined : lineOf(given),
        description: textOf(field.description),
        isRequired: required.has(name),
      },
    ];
  });
}

/** What `$ref` points at, with what stands beside it. */
function resolved(given: unknown, root: Fields): Fields {
  if (!isFields(given)) return {};
  const target = textOf(given.$ref)?.split("/").at(-1);
  const found = target !== undefined && isFields(root.$defs) ? root.$defs[target] : undefined;
  return isFields(found) ? { ...found, ...given } : given;
}

function typeOf(field: Fields, root: Fields): string {
  if (Array.isArray(field.enum)) return field.enum.map((value) => lineOf(value)).join(" | ");
  if ("const" in field) return lineOf(field.const);
  const either = itemsOf(field.anyOf ?? field.oneOf);
  if (either.length > 0) return [...new Set(either.map((each) => typeOf(resolved(each, root), root)))].join(" | ");
  if (field.type === "array") {
    const item = typeOf(resolved(field.items, root), root);
    return item === "any" ? "array" : `array of ${item}`;
  }
  const said = Array.isArray(field.type) ? field.type.join(" | ") : (textOf(field.type) ?? textOf(field.title) ?? "any");
  const limits = LIMITS.flatMap(([name, sign]) => (field[name] === undefined ? [] : [`${sign} ${lineOf(field[name])}`]));
  return [said, ...limits].join(" ");
}

const LIMITS = [
  ["minimum", "≥"],
  ["exclusiveMinimum", ">"],
  ["maximum", "≤"],
  ["exclusiveMaximum", "<"],
] as const;
