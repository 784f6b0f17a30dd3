/** What the parts of the page ask for. Keys begin with `["asset", key]`, so that a fact about the asset makes them old. */

import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getAsset, getMetrics, getPartitions, getVersion, getVersions, type VersionPage, type VersionRow } from "../../api/schema";
import { useNodeState } from "../../live/hooks";

/** The asset; asked for again when its state is another, which may be by something that was made upstream. */
export function useAsset(key: string) {
  const state = useNodeState(key);
  return useQuery({
    queryKey: ["asset", key, "detail", state?.status, state?.version, state?.why],
    queryFn: ({ signal }) => getAsset({ key }, signal),
    placeholderData: keepPreviousData,
  });
}

/** The partitions in stretches; states follow a fact when they are judged, so that new counts ask again. */
export function usePartitions(key: string) {
  const counts = useNodeState(key)?.partitions;
  return useQuery({
    queryKey: ["asset", key, "partitions", counts],
    queryFn: ({ signal }) => getPartitions({ key, limit: MOST_STRETCHES }, signal),
    placeholderData: keepPreviousData,
  });
}

export const MOST_STRETCHES = 1_000;
const PAGE = 100;
const NO_ROWS: readonly VersionRow[] = [];

/** Versions, newest first, as far as they were asked for. Asked for again when the first is known to the server's judgement,
 * which comes after the fact: until then it does not know that an asset has partitions. */
export function useVersions(key: string, partition: string | undefined) {
  const hasAny = useNodeState(key)?.version != null;
  const found = useInfiniteQuery({
    queryKey: ["asset", key, "versions", partition, hasAny],
    queryFn: ({ pageParam, signal }) => getVersions({ key, partition, cursor: pageParam, limit: PAGE }, signal),
    initialPageParam: 0,
    getNextPageParam: (page: VersionPage) => (page.next === null ? undefined : Number(page.next)),
    placeholderData: keepPreviousData,
    select: (data) => data.pages.flatMap((page) => page.items),
  });
  return { ...found, rows: found.data ?? NO_ROWS };
}

export function useVersion(key: string, partition: string | undefined, number: number | undefined) {
  return useQuery({
    queryKey: ["asset", key, "version", partition, number],
    queryFn: ({ signal }) => getVersion({ key, partition, number: number ?? 0 }, signal),
    enabled: number !== undefined,
    placeholderData: keepPreviousData,
  });
}

export function useMetrics(key: string, partition: string | undefined) {
  return useQuery({
    queryKey: ["asset", key, "metrics", partition],
    queryFn: ({ signal }) => getMetrics({ key, partition }, signal),
    placeholderData: keepPreviousData,
  });
}
