/** Verdicts of checks, in the words and signs of the page. */

import type { Verdict } from "../../api/schema";

export type VerdictKind = "passed" | "warned" | "failed";

export const VERDICTS: Readonly<Record<VerdictKind, { readonly sign: string; readonly word: string }>> = {
  passed: { sign: "✓", word: "passed" },
  warned: { sign: "!", word: "did not pass: a warning" },
  failed: { sign: "✗", word: "failed" },
};

export function verdictKind(verdict: Pick<Verdict, "passed" | "severity">): VerdictKind {
  return verdict.passed ? "passed" : verdict.severity === "WARN" ? "warned" : "failed";
}

/** By name of the check, the oldest first. */
export function histories(newestFirst: readonly Verdict[]): ReadonlyMap<string, readonly Verdict[]> {
  const found = new Map<string, Verdict[]>();
  for (const verdict of newestFirst.toReversed()) {
    const history = found.get(verdict.name);
    if (history === undefined) found.set(verdict.name, [verdict]);
    else history.push(verdict);
  }
  return found;
}
