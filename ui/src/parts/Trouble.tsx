import { ApiError } from "../api/client";
import type { Problem } from "../api/schema";
import { Button } from "./Button";
import styles from "./Parts.module.css";

/** What went wrong with a request, what was found and expected, and what to do. */
export function Trouble({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const isOurs = error instanceof ApiError;
  const problem: Problem = {
    details: [],
    expected: null,
    found: null,
    next_step: isOurs ? error.hint : null,
    problem: error instanceof Error ? error.message : String(error),
    subject: null,
    ...(isOurs ? error.problem : undefined),
  };
  return (
    <ProblemCard problem={problem}>
      {onRetry === undefined ? null : (
        <div>
          <Button onClick={onRetry}>Try again</Button>
        </div>
      )}
    </ProblemCard>
  );
}

/** A problem as the server tells it. */
export function ProblemCard({ problem, traceback, children }: { problem: Problem; traceback?: string | null; children?: React.ReactNode }) {
  const facts = [
    ["found", problem.found],
    ["expected", problem.expected],
    ["next", problem.next_step],
  ] as const;
  const told = facts.filter(([, text]) => text !== null);
  return (
    <section className={styles.problem} role="alert">
      <h2>{problem.problem}</h2>
      {told.length === 0 ? null : (
        <dl>
          {told.map(([name, text]) => (
            <Fact key={name} name={name} text={text ?? ""} />
          ))}
        </dl>
      )}
      {problem.details.length === 0 ? null : (
        <ul>
          {problem.details.map((detail) => (
            <li key={`${detail.path} ${detail.message}`}>
              <code>{detail.path}</code> {detail.message}
            </li>
          ))}
        </ul>
      )}
      {traceback ? <pre>{traceback}</pre> : null}
      {children}
    </section>
  );
}

function Fact({ name, text }: { name: string; text: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{text}</dd>
    </>
  );
}
