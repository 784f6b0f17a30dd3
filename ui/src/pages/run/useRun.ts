import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import { type EventRow, getRun, getRunEvents, getSteps, type RunDetail, type StepRow } from "../../api/schema";
import { useEvents } from "../../live/hooks";
import { runAfter, stepsAfter } from "./events";
import { type Retries, retriesOf } from "./gantt";

/** Steps of one request, and most steps that the page shows. */
const PAGE = 1_000;
export const MOST = 20_000;
/** Events that come within so many milliseconds are taken together. */
const TOGETHER = 40;

/** A run, with what has happened since it was asked for. */
export function useRun(id: string) {
  const queries = useQueryClient();
  const number = Number(id);
  const key = useMemo(() => ["run", number], [number]);
  const heard = useRef<EventRow[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const take = () => {
    timer.current = undefined;
    const events = heard.current;
    heard.current = [];
    queries.setQueryData<RunDetail>(key, (run) => (run === undefined ? run : runAfter(run, events)));
    queries.setQueriesData<readonly StepRow[]>({ queryKey: ["steps", number] }, (rows) => rows && stepsAfter(rows, events));
    // An event tells the first line of an error; the traceback has to be asked for.
    if (events.some((event) => event.kind === "step_failed")) void queries.invalidateQueries({ queryKey: ["steps", number] });
  };
  useEvents((event) => {
    if (event.run !== number) return;
    heard.current.push(event);
    timer.current ??= setTimeout(take, TOGETHER);
  });
  useEffect(() => () => clearTimeout(timer.current), []);
  return useQuery({ queryKey: key, queryFn: ({ signal }) => getRun({ run: id }, signal) });
}

/** All steps of a run: the first thousand come with it, the others page by page. */
export function useSteps(run: RunDetail | undefined): readonly StepRow[] {
  const total = run === undefined ? 0 : Math.min(MOST, stepsOf(run));
  const starts = [];
  for (let start = run?.next_step ?? total; start < total; start += PAGE) starts.push(start);
  const pages = useQueries({
    queries: starts.map((start) => ({
      // Not below ["run", …]: each event makes that old, and these are kept current by the events themselves.
      queryKey: ["steps", run?.number ?? 0, run?.live === true, start],
      queryFn: async ({ signal }: { signal: AbortSignal }) => (await getSteps({ run: String(run?.number), start, limit: PAGE }, signal)).items,
      staleTime: Number.POSITIVE_INFINITY,
    })),
    combine: (answers) => answers.flatMap((answer) => answer.data ?? []),
  });
  return useMemo(() => (pages.length === 0 ? (run?.rows ?? []) : [...(run?.rows ?? []), ...pages]), [run?.rows, pages]);
}

/** Attempts that failed and were followed by another; asked for only where there are some. */
export function useRetries(run: RunDetail | undefined, rows: readonly StepRow[]): Retries {
  const isRetried = rows.some((row) => row.attempt > 1 || row.status === "retrying");
  const { data } = useQuery({
    queryKey: ["run", run?.number ?? 0, "attempts"],
    queryFn: ({ signal }) => getRunEvents({ run: String(run?.number), kind: ["step_retrying"], limit: 1000 }, signal),
    enabled: run !== undefined && isRetried,
    placeholderData: (before) => before,
  });
  return useMemo(() => retriesOf(data?.items ?? []), [data]);
}

/** How many steps a run has; those that come while it goes on are counted only by their states. */
export function stepsOf(run: Pick<RunDetail, "steps" | "counts">): number {
  return Math.max(run.steps, sum(Object.values(run.counts)));
}

function sum(numbers: readonly (number | undefined)[]): number {
  return numbers.reduce<number>((total, number) => total + (number ?? 0), 0);
}
