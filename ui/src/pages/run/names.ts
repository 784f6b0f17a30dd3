/** How runs are named on the page. */

/** The job of all assets has no name that anybody gave. */
export function jobName(job: string): string | undefined {
  return job.startsWith("__") ? undefined : job;
}

/** Tags that a user gave; those of the machinery are facts of the run already. */
export function shownTags(tags: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(tags).filter(([name]) => !name.startsWith("dagster/") && !name.startsWith("tidemill/"));
}

/** `stories, model`: a selection as one would type it, where it only lists keys. */
export function shortSelection(selection: string | null): string | null {
  if (selection === null) return null;
  const parts = selection.split(/ or /);
  const keys = parts.map((part) => /^key:"([^"*]+)"$/.exec(part)?.[1]);
  return keys.includes(undefined) ? selection : keys.join(", ");
}
