import { useEffect, useRef } from "react";
import type { RunDetail, StepRow } from "../../api/schema";
import { Empty } from "../../parts/Empty";
import { Tabs } from "../../parts/Tabs";
import { Trouble } from "../../parts/Trouble";
import { useQuery } from "../../router/Router";
import { choiceOf, type Tab, tabsOf } from "./choice";
import { ErrorView } from "./ErrorView";
import { Events } from "./Events";
import { AXIS, Gantt, ROW } from "./Gantt";
import { Header } from "./Header";
import { LogView } from "./LogView";
import { Outcome } from "./Outcome";
import styles from "./RunPage.module.css";
import { Settings } from "./Settings";
import { StepFacts } from "./StepFacts";
import { useRetries, useRun, useSteps } from "./useRun";
import { Verdicts } from "./Verdicts";

/** A run: its steps over time, and what is known of the one that is looked at. */
export default function RunPage({ id }: { id: string }) {
  return <Run key={id} id={id} />; // another run is another page: nothing that was asked for of this one is of that
}

function Run({ id }: { id: string }) {
  const { data: run, error, refetch } = useRun(id);
  const rows = useSteps(run);
  const retries = useRetries(run, rows);
  const [query, change] = useQuery();
  const title = run === undefined ? `Run ${id}` : `Run ${run.number} ${run.status}`;
  useEffect(() => {
    document.title = `${title} · Tidemill`;
    return () => void (document.title = "Tidemill");
  }, [title]);
  // A run that is opened by its id is shown under its number: links, events and answers have that.
  if (error !== null && run === undefined) return <Trouble error={error} onRetry={() => void refetch()} />;
  if (run === undefined) return null;
  const { step, tab } = choiceOf(run, rows, query.get("step"), query.get("tab"));
  const select = (name: string) => change({ step: name, tab: undefined });
  return (
    <div className={styles.page}>
      <Header run={run} rows={rows} step={query.get("step") === null ? undefined : step} />
      {run.error === null || rows.some((row) => row.error !== null) ? null : <ErrorView failure={run.error} />}
      {rows.length === 0 ? (
        <Empty title={run.trimmed ? "Retention has trimmed this run" : "This run has no steps"}>
          <p>What it was given is below.</p>
        </Empty>
      ) : (
        <div className={styles.steps} style={{ height: AXIS + 2 + rows.length * ROW }}>
          <Gantt run={run} rows={rows} retries={retries} selected={step?.step} onSelect={select} />
        </div>
      )}
      <div className={styles.below}>
        <div className={styles.tabs}>
          <Tabs label="About the step and the run" tabs={tabsOf(run, step)} current={tab} onChange={(next) => change({ tab: next })} />
        </div>
        <div className={styles.room} role="tabpanel" aria-labelledby={`tab-${tab}`}>
          <Shown run={run} rows={rows} step={step} tab={tab} onSelect={select} />
        </div>
      </div>
    </div>
  );
}

interface ShownProps {
  readonly run: RunDetail;
  readonly rows: readonly StepRow[];
  readonly step: StepRow | undefined;
  readonly tab: Tab;
  readonly onSelect: (step: string) => void;
}

function Shown({ run, rows, step, tab, onSelect }: ShownProps) {
  const room = useRef<HTMLDivElement>(null);
  switch (tab) {
    case "error":
      return step?.error == null ? null : (
        <div className={styles.scroll} ref={room} tabIndex={0} role="region" aria-label="Error">
          <ErrorView failure={step.error} />
        </div>
      );
    case "log":
      return step === undefined ? null : <LogView key={step.step} run={run.number} step={step} />;
    case "step":
      return step === undefined ? null : <StepFacts step={step} onSelect={onSelect} />;
    case "outcome":
      return <Outcome rows={rows} onSelect={onSelect} />;
    case "checks":
      return <Verdicts verdicts={run.verdicts} />;
    case "config":
      return <Settings run={run} />;
    case "events":
      return <Events run={run} onSelect={onSelect} />;
  }
}
