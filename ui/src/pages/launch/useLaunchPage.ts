import { keepPreviousData, useQuery as useAnswer } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { checkConfig, getJobs, getLaunchForm, getRun, type FieldProblem } from "../../api/schema";
import { useNow } from "../../live/hooks";
import type { JsonObject } from "./shape";
import { asked, type Target } from "./target";

/** The form of a run of a target; it changes with the code. */
export function useForm(target: Target, isReady: boolean) {
  const snapshot = useNow((now) => now.code?.snapshot);
  const { assets, job, selection } = asked(target);
  return useAnswer({
    queryKey: ["launch", snapshot, assets, job, selection],
    queryFn: ({ signal }) => getLaunchForm({ asset: assets, job, selection }, signal),
    placeholderData: keepPreviousData,
    enabled: isReady,
    staleTime: 5_000,
    retry: false,
  });
}

/** The jobs that the code defines. */
export function useJobs() {
  return useAnswer({ queryKey: ["jobs"], queryFn: ({ signal }) => getJobs(signal) }).data?.jobs;
}

/** The run whose config is to be used again. */
export function useAgain(number: string | null) {
  return useAnswer({
    queryKey: ["run", Number(number)],
    queryFn: ({ signal }) => getRun({ run: number ?? "" }, signal),
    enabled: number !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

const NO_PROBLEMS: readonly FieldProblem[] = [];

/** What is wrong with a config, asked for once the reader rests; what was wrong stays until there is an answer. */
export function useCheck(target: Target, config: JsonObject, isReady: boolean) {
  const snapshot = useNow((now) => now.code?.snapshot);
  const rested = useRested(config);
  const answer = useAnswer({
    queryKey: ["launch-check", snapshot, asked(target), rested],
    queryFn: () => checkConfig({ ...asked(target), config: rested }),
    placeholderData: keepPreviousData,
    enabled: isReady,
    retry: false,
  });
  return { problems: answer.data?.problems ?? NO_PROBLEMS, isCurrent: rested === config && !answer.isFetching, error: answer.error };
}

/** Milliseconds without a key after which somebody rests. */
const REST = 250;

function useRested<Value>(value: Value): Value {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), REST);
    return () => clearTimeout(timer);
  }, [value]);
  return rested;
}

