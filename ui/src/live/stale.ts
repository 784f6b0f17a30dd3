/** Which answers a fact of the log makes old. Query keys begin with what they are about: `["asset", key, …]`,
 * `["run", number, …]`, `["runs", …]`, `["store"]`. */

import type { EventRow } from "../api/schema";

export type QueryKey = readonly (string | number)[];

const OF_RUNS = new Set(["run_created", "run_started", "run_resumed", "run_succeeded", "run_failed", "run_canceled", "cancel_requested"]);

export function staleAfter(event: EventRow): QueryKey[] {
  const found: QueryKey[] = [];
  if (event.run !== null) found.push(["run", event.run]);
  if (OF_RUNS.has(event.kind)) found.push(["runs"]);
  if (event.asset !== null) found.push(["asset", event.asset]);
  if (event.kind === "materialized" || event.kind === "values_dropped") found.push(["store"]);
  return found;
}
