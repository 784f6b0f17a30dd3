import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { getRun, getRuns, type RunPage } from "../../api/schema";
import { asked, type Filters, GOING, liveFirst } from "./filters";

const PAGE = 100;

/** Runs that match, those that go on first; `more` asks for the next page. */
export function useRuns(filters: Filters) {
  const given = asked(filters, Date.now() * 1000);
  const going = GOING.filter((status) => filters.status.length === 0 || filters.status.includes(status));
  const all = useInfiniteQuery({
    queryKey: ["runs", "list", given],
    queryFn: ({ pageParam, signal }) => getRuns({ ...given, cursor: pageParam, limit: PAGE }, signal),
    initialPageParam: 0,
    getNextPageParam: (page: RunPage) => page.next ?? undefined,
    placeholderData: keepPreviousData,
  });
  const live = useQuery({
    queryKey: ["runs", "live", given],
    queryFn: ({ signal }) => getRuns({ ...given, status: going, limit: PAGE }, signal),
    enabled: going.length > 0,
    placeholderData: keepPreviousData,
  });
  const rows = useMemo(
    () => liveFirst(going.length === 0 ? [] : (live.data?.items ?? []), all.data?.pages.flatMap((page) => page.items) ?? []),
    [live.data, all.data, going.length],
  );
  return { ...all, rows };
}

/** How much of a run that goes on is done, from 0 to 1. */
export function useProgress(number: number, isOn: boolean): number | undefined {
  const { data } = useQuery({ queryKey: ["run", number], queryFn: ({ signal }) => getRun({ run: String(number) }, signal), enabled: isOn });
  if (data === undefined) return undefined;
  const counts = Object.entries(data.counts);
  const total = counts.reduce((sum, [, count]) => sum + (count ?? 0), 0);
  const open = counts.reduce((sum, [status, count]) => (UNDONE.has(status) ? sum + (count ?? 0) : sum), 0);
  return total === 0 ? 0 : (total - open) / total;
}

const UNDONE = new Set(["planned", "started", "retrying"]);
