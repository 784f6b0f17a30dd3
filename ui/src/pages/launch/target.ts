/** What a run is to be of, as it stands in the address: `?assets=a,b`, `?select=+model`, `?job=nightly`. */

import type { RunDetail } from "../../api/schema";
import { jobName } from "../run/names";

export interface Target {
  readonly select: string;
  readonly assets: readonly string[];
  readonly job: string;
}

/** `only` is the job to begin with where there are no assets. */
export function targetOf(query: URLSearchParams, again: RunDetail | undefined, only?: string): Target {
  const assets = (query.get("assets") ?? "").split(",").filter((key) => key !== "");
  const isSaid = query.has("assets") || query.has("select") || query.has("job");
  if (!isSaid && again !== undefined) {
    const job = jobName(again.job);
    return { assets: [], job: job ?? "", select: job === undefined ? (again.selection ?? "") : "" };
  }
  return { assets, select: query.get("select") ?? "", job: query.get("job") ?? (isSaid ? "" : (only ?? "")) };
}

/** What the API is asked with: one of a job, a list of assets, an expression; none of them is everything. */
export function asked({ select, assets, job }: Target): { job?: string; assets?: readonly string[]; selection?: string } {
  if (job !== "") return select === "" ? { job } : { job, selection: select };
  if (assets.length > 0) return { assets };
  return select.trim() === "" ? {} : { selection: select };
}
