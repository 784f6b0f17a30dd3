/** Readers of JSON whose form is not in the types: previews and metadata hold what their kind says, or something newer. */

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The entries of a mapping; none of anything else. */
export function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return isFields(value) ? Object.entries(value) : [];
}

/** The items of a list; none of anything else. */
export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function numbersOf(value: unknown): readonly number[] {
  return itemsOf(value).filter((item) => typeof item === "number");
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** A value in one line, as JSON writes it; texts without their quotes. */
export function lineOf(value: unknown, most = 200): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  const flat = text.slice(0, most + 1).replace(/\s+/g, " ");
  return flat.length > most ? `${flat.slice(0, most - 1)}…` : flat;
}
