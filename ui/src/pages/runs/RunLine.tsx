import type { RunRow } from "../../api/schema";
import { plural } from "../../parts/format";
import { Status } from "../../parts/Status";
import { When } from "../../parts/When";
import { go, Link } from "../../router/Router";
import { addressOf } from "../../router/routes";
import { Elapsed } from "../run/Elapsed";
import { jobName, shownTags } from "../run/names";
import { GOING } from "./filters";
import styles from "./RunsPage.module.css";
import { useProgress } from "./useRuns";

interface RunLineProps {
  readonly run: RunRow;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}

/** A run in the list. */
export function RunLine({ run, isChosen, onChoose }: RunLineProps) {
  const isLive = GOING.includes(run.status);
  const params = { id: String(run.number) };
  const open = (event: React.MouseEvent) => {
    const isOnControl = event.target instanceof Element && event.target.closest("a, input, button, label") !== null;
    if (!isOnControl && document.getSelection()?.isCollapsed !== false) go(addressOf("run", params));
  };
  return (
    <div className={styles.run} data-chosen={isChosen || undefined} onClick={open}>
      <label className={styles.choose}>
        <input type="checkbox" checked={isChosen} onChange={onChoose} />
        <span className="unseen">Compare run {run.number}</span>
      </label>
      <Link to="run" params={params} className={styles.number}>
        Run {run.number}
      </Link>
      <Status status={run.status} />
      <div className={styles.what}>
        <div className={styles.name}>
          {jobName(run.job) ?? run.assets.join(", ")}
          {run.steps > run.assets.length && run.assets.length >= NAMED && jobName(run.job) === undefined ? " …" : ""}
          {run.partition === null ? "" : ` · ${run.partition}`}
        </div>
        {isLive ? <Progress number={run.number} /> : <Second run={run} />}
      </div>
      <div className={styles.tags}>
        {shownTags(run.tags)
          .slice(0, 3)
          .map(([name, value]) => (
            <Link key={name} to="runs" query={{ tag: `${name}=${value}` }} className={styles.tag} title={`${name}=${value}`}>
              {name} {value}
            </Link>
          ))}
      </div>
      <span className={styles.numeric}>
        <Elapsed from={run.started_at ?? run.created_at} to={run.finished_at} />
      </span>
      <span className={styles.when}>
        <When at={run.created_at} />
      </span>
    </div>
  );
}

/** Assets, and steps, that the row of a run names at most. */
const NAMED = 5;

function Second({ run }: { run: RunRow }) {
  if (run.error !== null) return <div className={styles.error}>{run.error.message.split("\n")[0]}</div>;
  if (run.failed.length > 0) {
    return (
      <div className={styles.error}>
        {run.failed.join(", ")} {run.failed.length >= NAMED ? "… " : ""}failed
      </div>
    );
  }
  return (
    <div className={styles.second}>
      {plural(run.steps, "step")}
      {jobName(run.job) === undefined ? "" : ` · ${run.assets.join(", ")}`}
      {run.parent === null ? "" : ` · ran ${run.parent_number === null ? "an earlier run" : `run ${run.parent_number}`} again`}
    </div>
  );
}

function Progress({ number }: { number: number }) {
  const done = useProgress(number, true) ?? 0;
  return (
    <progress className={styles.progress} max={1} value={done} aria-label={`Progress of run ${number}`}>
      {Math.round(done * 100)} %
    </progress>
  );
}
