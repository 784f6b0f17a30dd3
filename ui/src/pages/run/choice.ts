/** Which step and which tab a reader of a run looks at: what was chosen, else what matters most. */

import type { RunDetail, StepRow } from "../../api/schema";

export const TABS = ["error", "log", "step", "outcome", "checks", "config", "events"] as const;
export type Tab = (typeof TABS)[number];

export interface Choice {
  readonly step: StepRow | undefined;
  readonly tab: Tab;
}

export function choiceOf(run: RunDetail, rows: readonly StepRow[], wantedStep: string | null, wantedTab: string | null): Choice {
  const step = rows.find((row) => row.step === wantedStep) ?? mostWorth(run, rows);
  const tab = TABS.find((name) => name === wantedTab);
  const isThere = tab !== undefined && tabsOf(run, step).some(({ name }) => name === tab);
  return { step, tab: isThere ? tab : step?.error != null ? "error" : step === undefined ? "config" : "log" };
}

/** The first that failed, else the newest that runs, else the last that ran. */
function mostWorth(run: RunDetail, rows: readonly StepRow[]): StepRow | undefined {
  const failed = rows.find((row) => row.status === "failed");
  if (failed !== undefined) return failed;
  const began = rows.filter((row) => row.started_at !== null);
  const going = began.filter((row) => row.status === "started" || row.status === "retrying");
  const pick = run.live && going.length > 0 ? going : began.some((row) => row.log_bytes > 0) ? began.filter((row) => row.log_bytes > 0) : began;
  return pick.reduce<StepRow | undefined>((best, row) => (best === undefined || (row.started_at ?? 0) > (best.started_at ?? 0) ? row : best), undefined) ?? rows[0];
}

/** The tabs that there are: an error only where there is one. */
export function tabsOf(run: RunDetail, step: StepRow | undefined): { name: Tab; label: string }[] {
  const bad = run.verdicts.filter((verdict) => !verdict.passed).length;
  const checks = run.verdicts.length === 0 ? "Checks" : `Checks ${bad > 0 ? `${bad} of ` : ""}${run.verdicts.length}`;
  const ofStep: { name: Tab; label: string }[] =
    step === undefined
      ? []
      : [
          ...(step.error === null ? [] : [{ name: "error" as const, label: "Error" }]),
          { name: "log", label: `Log of ${step.step}` },
          { name: "step", label: "Step" },
        ];
  return [
    ...ofStep,
    { name: "outcome", label: "Made and reused" },
    { name: "checks", label: checks },
    { name: "config", label: "Config and environment" },
    { name: "events", label: "Events" },
  ];
}
