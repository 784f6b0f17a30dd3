import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ApiError } from "../api/client";
import { getSelection } from "../api/schema";
import { useNow } from "../live/hooks";

export interface Selected {
  /** Undefined where nothing is typed, or what is typed means nothing. */
  readonly keys: ReadonlySet<string> | undefined;
  readonly error: string | undefined;
}

/** The assets that an expression means; the server reads it, so that it means what it means on the command line. */
export function useSelected(expression: string): Selected {
  const snapshot = useNow((now) => now.graph?.snapshot);
  const { data, error } = useQuery({
    queryKey: ["selection", snapshot, expression],
    queryFn: async ({ signal }) => new Set((await getSelection({ expression }, signal)).keys),
    enabled: expression.trim() !== "",
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (expression.trim() === "") return { keys: undefined, error: undefined };
  if (error !== null) return { keys: undefined, error: error instanceof ApiError ? `${error.message} ${error.hint}` : String(error) };
  return { keys: data, error: undefined };
}
