/** How the page asks the server: JSON, same origin, and errors that say what to do. */

/** What the server answers when it will not do what it was asked. */
interface Problem {
  readonly message?: string;
  readonly hint?: string;
}

export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    message: string,
    readonly status: number,
    /** The next step, in one sentence. */
    readonly hint: string,
  ) {
    super(message);
  }

  /** Worth another attempt: nobody answered, or the server was busy. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 502;
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
  const problem = (await response.json().catch(() => ({}))) as Problem;
  throw new ApiError(
    problem.message ?? `The server answered ${response.status} to ${path}.`,
    response.status,
    problem.hint ?? "Its log says more.",
  );
}

/** Read: `useQuery({ queryKey: ["runs"], queryFn: ({ signal }) => get<Runs>("/api/runs", signal) })`. */
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
