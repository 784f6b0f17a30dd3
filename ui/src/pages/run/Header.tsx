import type { RunDetail, StepRow } from "../../api/schema";
import { useIsReadOnly } from "../../live/hooks";
import { Button } from "../../parts/Button";
import { countText, plural } from "../../parts/format";
import { Status } from "../../parts/Status";
import { When } from "../../parts/When";
import { useCancel, useRerun } from "../../requests/useRequests";
import { go, Link } from "../../router/Router";
import { addressOf } from "../../router/routes";
import { Elapsed } from "./Elapsed";
import { jobName, shownTags } from "./names";
import styles from "./RunPage.module.css";
import { MOST, stepsOf } from "./useRun";

interface HeaderProps {
  readonly run: RunDetail;
  readonly rows: readonly StepRow[];
  /** The step that the reader chose. */
  readonly step: StepRow | undefined;
}

/** Assets that are named; the others are counted. */
const NAMED = 8;
const FEW = 3;

/** What a run is, how it is, and what can be done about it. */
export function Header({ run, rows, step }: HeaderProps) {
  const counts = Object.entries(run.counts).filter(([, count]) => (count ?? 0) > 0);
  const assets = [...new Set([...run.assets, ...rows.flatMap((row) => row.assets)])];
  const more = assets.length - NAMED;
  return (
    <header className={styles.header}>
      <div className={styles.title}>
        <h1>Run {run.number}</h1>
        <Status status={run.status} />
        <span className={styles.took}>
          <Elapsed from={run.started_at ?? run.created_at} to={run.finished_at} />
        </span>
        <span className={styles.dim}>
          <When at={run.started_at ?? run.created_at} />
        </span>
        <span className={styles.counts}>
          {counts.map(([status, count]) => (
            <span key={status} title={`${plural(count ?? 0, "step")} ${status}`}>
              <Status status={status} label={false} />
              {count === undefined ? undefined : countText(count)}
            </span>
          ))}
        </span>
        <Actions run={run} step={step} />
      </div>
      <div className={styles.line}>
        {jobName(run.job) === undefined ? null : (
          <span>
            Job{" "}
            <Link to="runs" query={{ job: run.job }}>
              {run.job}
            </Link>
          </span>
        )}
        {assets.length === 0 ? null : (
          <span title={run.selection ?? ""}>
            Makes{" "}
            {assets.slice(0, NAMED).map((key) => (
              <Link key={key} to="asset" params={{ key }} className={styles.version}>
                {key}
              </Link>
            ))}
            {more > 0 ? `and ${countText(more)} more` : null}
          </span>
        )}
        {stepsOf(run) <= MOST ? null : (
          <span>
            {countText(rows.length)} of {plural(stepsOf(run), "step")} are listed; <code>tidemill runs {run.number}</code> prints all
          </span>
        )}
        {run.partition === null ? null : <span>Partition {run.partition}</span>}
        {run.parent === null ? null : (
          <span>
            Runs{" "}
            <Link to="run" params={{ id: run.parent }}>
              {run.parent_number === null ? "an earlier run" : `run ${run.parent_number}`}
            </Link>{" "}
            again
          </span>
        )}
        {run.children.length === 0 ? null : (
          <span>
            Run again as{" "}
            {run.children.map((child) => (
              <Link key={child} to="run" params={{ id: String(child) }} className={styles.version}>
                {child}
              </Link>
            ))}
          </span>
        )}
        {shownTags(run.tags).map(([name, value]) => (
          <Link key={name} to="runs" query={{ tag: `${name}=${value}` }} className={styles.tag}>
            {name}
            {value === "" ? "" : ` ${value}`}
          </Link>
        ))}
        <Since run={run} />
        {run.trimmed ? <span className={styles.dim}>Its log and events were trimmed by retention.</span> : null}
      </div>
    </header>
  );
}

/** What has become of the code since: a run that is run again uses it as it is now. */
function Since({ run: { changed, gone } }: { run: RunDetail }) {
  const isReadOnly = useIsReadOnly();
  if (isReadOnly || (changed.length === 0 && gone.length === 0)) return null;
  return (
    <span className={styles.since} role="note">
      {changed.length === 0 ? null : `The code of ${listed(changed)} has changed since; run again, it is used as it is now. `}
      {gone.length === 0 ? null : `The code no longer has ${listed(gone)}.`}
    </span>
  );
}

/** The first few by name: "a, b and 3 more". */
function listed(keys: readonly string[]): string {
  const more = keys.length - FEW;
  return keys.slice(0, FEW).join(", ") + (more > 0 ? ` and ${countText(more)} more` : "");
}

/** Go where the new run can be watched. */
function watch({ number }: { number: number | null }): void {
  if (number !== null) go(addressOf("run", { id: String(number) }));
}

function Actions({ run, step }: { run: RunDetail; step: StepRow | undefined }) {
  const isReadOnly = useIsReadOnly();
  const cancel = useCancel(run.number);
  const again = useRerun(run.number);
  if (isReadOnly) return null;
  if (run.live) {
    return (
      <div className={styles.actions}>
        <Button look="danger" disabled={cancel.isPending || cancel.isSuccess} onClick={() => cancel.mutate()}>
          {cancel.isSuccess ? "Ending …" : "Cancel"}
        </Button>
      </div>
    );
  }
  const hasFailed = run.status === "failed" || run.status === "canceled";
  return (
    <div className={styles.actions}>
      <Button onClick={() => go(addressOf("launch", {}, { run: String(run.number) }))}>Change config …</Button>
      {step === undefined ? null : (
        <Button disabled={again.isPending} title={`${step.step} and what needs it`} onClick={() => again.mutate({ part: "from", step: step.step }, { onSuccess: watch })}>
          <span className={styles.from}>From {step.step}</span>
        </Button>
      )}
      <Button look={hasFailed ? "plain" : "primary"} disabled={again.isPending} onClick={() => again.mutate({ part: "all" }, { onSuccess: watch })}>
        Run again
      </Button>
      {hasFailed ? (
        <Button look="primary" disabled={again.isPending} onClick={() => again.mutate({ part: "failure" }, { onSuccess: watch })}>
          From the failure
        </Button>
      ) : null}
    </div>
  );
}
