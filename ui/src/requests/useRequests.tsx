import { useMutation } from "@tanstack/react-query";
import { ApiError } from "../api/client";
import { cancelRun, createRun, type RerunRequest, rerun, type Requested, type RunRequest } from "../api/schema";
import { say } from "../notices/notices";
import { Link } from "../router/Router";

/** Say what became of a request: the run that it started, why there is none, or what is wrong. */
function told(requested: Requested): void {
  const { number, why } = requested;
  if (number === null) say(why ?? "Nothing was to be done.");
  else
    say(
      <>
        <Link to="run" params={{ id: String(number) }}>
          Run {number}
        </Link>{" "}
        started.
      </>,
    );
}

export function trouble(error: unknown): void {
  const hint = error instanceof ApiError ? error.hint : "";
  const message = error instanceof Error ? error.message : String(error);
  say(
    <>
      <strong>{message}</strong>
      {hint === "" ? null : <div>{hint}</div>}
    </>,
    { isTrouble: true },
  );
}

/** Ask for a run of assets. */
export function useLaunch() {
  return useMutation({
    mutationFn: (request: RunRequest) => createRun(request),
    onSuccess: told,
    onError: trouble,
  });
}

/** Ask for a run that re-executes another. */
export function useRerun(run: number) {
  return useMutation({
    mutationFn: (request: RerunRequest) => rerun({ run: String(run) }, request),
    onSuccess: told,
    onError: trouble,
  });
}

/** Ask for the end of a run. */
export function useCancel(run: number) {
  return useMutation({
    mutationFn: () => cancelRun({ run: String(run) }),
    onSuccess: () => say(`Run ${run} was asked to end.`),
    onError: trouble,
  });
}
