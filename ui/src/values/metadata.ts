/** What a metadata value takes: a line beside its label, or room of its own. */

import type { MetadataEntry } from "../api/schema";
import { entriesOf, isFields, itemsOf } from "./json";

const LONG = 160;

export function isWide(entry: MetadataEntry): boolean {
  switch (entry.type) {
    case "md":
    case "table":
    case "table_schema":
    case "column_lineage":
      return true;
    case "json":
      return entriesOf(entry.value).length > 0 || itemsOf(entry.value).length > 0;
    case "text":
      return typeof entry.value === "string" && (entry.value.length > LONG || entry.value.includes("\n"));
    default:
      return false;
  }
}

/** An address that may be followed: http, https or mailto; undefined of any other. */
export function safeLink(address: unknown): string | undefined {
  if (typeof address !== "string") return undefined;
  return /^(?:https?:\/\/|mailto:)/i.test(address.trim()) ? address.trim() : undefined;
}

/** `module.name` of a class or function. */
export function artifactName(value: unknown): string {
  const fields = isFields(value) ? value : {};
  return `${String(fields.module ?? "")}.${String(fields.name ?? "")}`;
}

/** Numbers first, since they are what is compared; what takes room last; each in the order in which it was given. */
export function inOrder(entries: readonly MetadataEntry[]): readonly MetadataEntry[] {
  const rank = (entry: MetadataEntry) => (isWide(entry) ? 2 : entry.number === null ? 1 : 0);
  return entries.toSorted((a, b) => rank(a) - rank(b));
}
