import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./client";

/** Answers stay good until an event says otherwise; passing failures are tried again, refusals are not. */
export function queryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        refetchOnWindowFocus: false,
        retry: (failures, error) => error instanceof ApiError && error.isPassing && failures < 4,
        retryDelay: (failures) => Math.min(250 * 2 ** failures, 4_000),
      },
      mutations: { retry: false },
    },
  });
}
