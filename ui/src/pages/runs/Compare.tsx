import { useQuery as useAnswer } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { type Change, getRunDiff, type RunRow } from "../../api/schema";
import { Button } from "../../parts/Button";
import { type ApiNumber, countText, durationText, numberText } from "../../parts/format";
import { Status } from "../../parts/Status";
import { Trouble } from "../../parts/Trouble";
import { When } from "../../parts/When";
import { go, Link } from "../../router/Router";
import { addressOf } from "../../router/routes";
import { Elapsed } from "../run/Elapsed";
import { metricName, percentOf, type Timed, timedSteps, valueText } from "./compare";
import styles from "./Compare.module.css";

/** Two runs side by side: what was changed, and what came of it. */
export function Compare({ before, after }: { before: string; after: string }) {
  const { data, error, refetch } = useAnswer({
    queryKey: ["runs", "diff", before, after],
    queryFn: ({ signal }) => getRunDiff({ before, after }, signal),
  });
  if (error !== null && data === undefined) return <Trouble error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return null;
  const steps = timedSteps(data.steps);
  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <Link to="runs" className={styles.back}>
          Runs
        </Link>
        <h1>
          Run {data.before.number} and run {data.after.number}
        </h1>
        <Button onClick={() => go(addressOf("runs", {}, { before: after, after: before }), { replace: true })}>Swap</Button>
      </header>
      <div className={styles.pair}>
        <Side run={data.before} label="Before" />
        <Side run={data.after} label="After" />
      </div>
      <Section title="Code" nothing="The code of what both made is the same." count={data.code.length}>
        <ul className={styles.words}>
          {data.code.map((change) => (
            <li key={change.name}>
              <AssetLink asset={change.name} /> <span>{valueText(change.after)}</span>
            </li>
          ))}
        </ul>
      </Section>
      <Section title="Config" nothing="Both were given the same config." count={data.config.length}>
        <Changes changes={data.config} missing="default" name={(change) => <code>{change.name}</code>} />
      </Section>
      <Section title="Metrics" nothing="No number differs in what they made." count={data.metrics.length}>
        <Changes
          changes={data.metrics}
          hasDelta
          name={(change) => {
            const { asset, label } = metricName(change.name);
            return (
              <>
                <AssetLink asset={asset} /> {label}
              </>
            );
          }}
        />
      </Section>
      <Section title="Seconds of the steps" nothing="Every step took as long." count={steps.length}>
        <StepTimes steps={steps} before={data.before.number} after={data.after.number} />
      </Section>
      <Section title="Environment" nothing="Both ran in the same environment." count={data.environment.length}>
        <Changes changes={data.environment} name={(change) => change.name} />
      </Section>
    </div>
  );
}

function Side({ run, label }: { run: RunRow; label: string }) {
  return (
    <section className={styles.side} aria-label={label}>
      <span className={styles.dim}>{label}</span>
      <Link to="run" params={{ id: String(run.number) }}>
        Run {run.number}
      </Link>
      <Status status={run.status} />
      <span>
        <Elapsed from={run.started_at ?? run.created_at} to={run.finished_at} />
      </span>
      <span className={styles.dim}>
        <When at={run.created_at} />
      </span>
    </section>
  );
}

function AssetLink({ asset }: { asset: string }) {
  return (
    <Link to="asset" params={{ key: asset.replace(/\[.*\]$/, "") }}>
      {asset}
    </Link>
  );
}

function Section({ title, nothing, count, children }: { title: string; nothing: string; count: number; children: ReactNode }) {
  return (
    <section className={styles.section}>
      <h2>
        {title} {count > 0 ? <span className={styles.dim}>{countText(count)}</span> : null}
      </h2>
      {count === 0 ? <p className={styles.dim}>{nothing}</p> : children}
    </section>
  );
}

/** Rows that are shown before somebody asks for all. */
const FIRST = 30;

function useFirst<Item>(items: readonly Item[]): readonly [readonly Item[], ReactNode] {
  const [isAll, setAll] = useState(false);
  if (isAll || items.length <= FIRST) return [items, null];
  return [
    items.slice(0, FIRST),
    <div key="all">
      <Button onClick={() => setAll(true)}>Show all {countText(items.length)}</Button>
    </div>,
  ];
}

interface ChangesProps {
  readonly changes: readonly Change[];
  readonly name: (change: Change) => ReactNode;
  readonly hasDelta?: boolean;
  /** What it means that one of them has none. */
  readonly missing?: string;
}

function Changes({ changes, name, hasDelta = false, missing = "none" }: ChangesProps) {
  const [shown, more] = useFirst(changes);
  return (
    <>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">
              <span className="unseen">Name</span>
            </th>
            <th scope="col">Before</th>
            <th scope="col">After</th>
            {hasDelta ? <th scope="col">Difference</th> : null}
          </tr>
        </thead>
        <tbody>
          {shown.map((change) => (
            <tr key={change.name}>
              <th scope="row">{name(change)}</th>
              <td>
                <Value value={change.before} missing={missing} />
              </td>
              <td>
                <Value value={change.after} missing={missing} />
              </td>
              {hasDelta ? <td>{deltaText(change)}</td> : null}
            </tr>
          ))}
        </tbody>
      </table>
      {more}
    </>
  );
}

function Value({ value, missing }: { value: unknown; missing: string }) {
  if (value === null || value === undefined) return <span className={styles.dim}>{missing}</span>;
  return <code>{typeof value === "number" ? numberText(value) : valueText(value)}</code>;
}

function deltaText(change: Change): string {
  if (change.delta === null) return "";
  const delta: ApiNumber = change.delta;
  const percent = percentOf(change);
  const sign = typeof delta === "number" && delta > 0 ? "+" : "";
  return `${sign}${numberText(delta, 3)}${percent === undefined ? "" : ` (${percent > 0 ? "+" : ""}${percent.toFixed(1)} %)`}`;
}

function StepTimes({ steps, before, after }: { steps: readonly Timed[]; before: number; after: number }) {
  const most = Math.max(0.001, ...steps.flatMap((step) => [step.before ?? 0, step.after ?? 0]));
  const [shown, more] = useFirst(steps);
  return (
    <>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">
              <span className="unseen">Step</span>
            </th>
            <th scope="col" className={styles.bars}>
              <span className="unseen">As bars</span>
            </th>
            <th scope="col">Run {before}</th>
            <th scope="col">Run {after}</th>
            <th scope="col">Difference</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((step) => (
            <tr key={step.name}>
              <th scope="row">{step.name}</th>
              <td className={styles.bars} aria-hidden="true">
                <span data-side="before" style={{ width: `${(100 * (step.before ?? 0)) / most}%` }} />
                <span data-side="after" data-trend={step.trend} style={{ width: `${(100 * (step.after ?? 0)) / most}%` }} />
              </td>
              <td>{step.before === undefined ? <span className={styles.dim}>did not run</span> : durationText(step.before)}</td>
              <td>{step.after === undefined ? <span className={styles.dim}>did not run</span> : durationText(step.after)}</td>
              <td data-trend={step.trend}>{trendText(step)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {more}
    </>
  );
}

function trendText({ before, after, trend }: Timed): string {
  if (before === undefined || after === undefined) return "";
  return trend === "same" ? "as long" : `${durationText(Math.abs(after - before))} ${trend}`;
}
