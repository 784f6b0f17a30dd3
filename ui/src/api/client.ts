/** How the page asks the server: JSON, same origin, and errors that say what to do. */

import type { FieldProblem, Problem } from "./schema";

export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    message: string,
    readonly status: number,
    /** The next step, in one sentence. */
    readonly hint: string,
    /** What was found and what was expected, where the server says so. */
    readonly problem?: Problem,
  ) {
    super(message);
  }

  /** Worth another attempt: nobody answered, or the server was busy. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 502;
  }

  /** What is wrong at single places of a config. */
  get details(): readonly FieldProblem[] {
    return this.problem?.details ?? [];
  }
}

async function ask<Answer>(path: string, init: RequestInit): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...init });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError("The server does not answer.", 0, "See whether `tidemill dev` is still running.");
  }
  if (response.ok) return (await response.json()) as Answer;
  const problem = (await response.json().catch(() => undefined)) as Problem | undefined;
  throw new ApiError(
    problem?.problem ?? `The server answered ${response.status} to ${path}.`,
    response.status,
    problem?.next_step ?? "Its log says more.",
    problem,
  );
}

/** The part of an address after the question mark; what is not given is left out, lists are repeated. */
export function query(given: Readonly<Record<string, unknown>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null) search.append(name, String(each));
    }
  }
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

/** Read. `schema.ts` has a function for each address: `useQuery({ queryKey: ["runs"], queryFn: ({ signal }) => getRuns({}, signal) })`. */
export function get<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  return ask(path, { headers: { accept: "application/json" }, ...(signal ? { signal } : {}) });
}

/** Ask for a change. */
export function post<Answer>(path: string, body: unknown): Promise<Answer> {
  return ask(path, {
    method: "POST",
    headers: { accept: "application/json", "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}
