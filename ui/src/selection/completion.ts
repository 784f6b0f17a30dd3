/** What can be typed next in an expression of the selection syntax: keys, attributes and their values, functions, words. */

import type { GraphNode } from "../api/schema";

export interface Completion {
  /** What is shown. */
  readonly label: string;
  /** What it is, in a word. */
  readonly kind: "asset" | "attribute" | "value" | "function" | "word";
  /** The whole text once it is taken, and where the caret stands then. */
  readonly text: string;
  readonly caret: number;
}

type Attributes = Readonly<Record<string, (node: GraphNode) => readonly string[]>>;

const ATTRIBUTES: Attributes = {
  group: (node) => [node.group],
  kind: (node) => node.kinds,
  owner: (node) => node.owners,
  tag: (node) => Object.entries(node.tags).map(([name, value]) => (value === "" ? name : `${name}=${value}`)),
  key: (node) => [node.key],
};
const FUNCTIONS = ["roots", "sinks"] as const;
const WORDS = ["and", "or", "not"] as const;
const MOST = 12;

/** The word that the caret stands at the end of, quotes left out. */
const WORD = /(?:(\w+):)?"?([\w./[\]?@$=-]*)$/;

export function completions(text: string, caret: number, nodes: readonly GraphNode[]): Completion[] {
  const before = text.slice(0, caret);
  const found = WORD.exec(before);
  const attribute = found?.[1];
  const typed = found?.[2] ?? "";
  const start = caret - (found?.[0].length ?? 0);
  const taken = (label: string, inserted: string, kind: Completion["kind"], back = 0): Completion => ({
    label,
    kind,
    text: text.slice(0, start) + inserted + text.slice(caret),
    caret: start + inserted.length - back,
  });

  if (attribute !== undefined) {
    const valuesOf = ATTRIBUTES[attribute];
    if (valuesOf === undefined) return [];
    return matching(new Set(nodes.flatMap(valuesOf)), typed).map((value) => taken(value, `${attribute}:${quoted(value)}`, "value"));
  }
  const keys = matching(new Set(nodes.map((node) => node.key)), typed).map((key) => taken(key, quotedKey(key), "asset"));
  if (typed === "" && before.trim() !== "") return [...WORDS.map((word) => taken(word, `${word} `, "word")), ...keys].slice(0, MOST);
  const attributes = Object.keys(ATTRIBUTES).filter((name) => name.startsWith(typed));
  const functions = FUNCTIONS.filter((name) => name.startsWith(typed));
  return [
    ...attributes.map((name) => taken(`${name}:`, `${name}:`, "attribute")),
    ...keys,
    ...functions.map((name) => taken(`${name}(…)`, `${name}()`, "function", 1)),
  ].slice(0, MOST);
}

/** Those that contain what was typed; those that begin with it first. */
function matching(values: ReadonlySet<string>, typed: string): string[] {
  const wanted = typed.toLowerCase();
  const hits = [...values].filter((value) => value.toLowerCase().includes(wanted));
  const rank = (value: string) => (value.toLowerCase().startsWith(wanted) ? 0 : 1);
  return hits.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b)).slice(0, MOST);
}

function quoted(value: string): string {
  return /^[\w./=-]+$/.test(value) ? value : JSON.stringify(value);
}

function quotedKey(key: string): string {
  return /^[\w./[\]?@$-]+$/.test(key) ? key : `key:${JSON.stringify(key)}`;
}
