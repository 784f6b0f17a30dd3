import { useState } from "react";
import { ApiError } from "../../api/client";
import type { GraphNode } from "../../api/schema";
import { Button } from "../../parts/Button";
import { plural } from "../../parts/format";
import { SelectionBox } from "../../selection/SelectionBox";
import { shortSelection } from "../run/names";
import styles from "./LaunchPage.module.css";
import type { Target as Of } from "./target";
import { useJobs } from "./useLaunchPage";

interface TargetProps {
  readonly target: Of;
  readonly nodes: readonly GraphNode[];
  readonly count: number | undefined;
  readonly error: unknown;
  readonly onChange: (changes: Record<string, string | undefined>) => void;
}

const SHOWN = 12;

/** What is to be run: assets by an expression, the ones chosen in the graph, or a job. */
export function Target({ target, nodes, count, error, onChange }: TargetProps) {
  const jobs = useJobs() ?? [];
  const job = jobs.find(({ name }) => name === target.job);
  return (
    <section className={styles.target} aria-label="What is to be run">
      {jobs.length === 0 && target.job === "" ? null : (
        <select className={styles.job} aria-label="Job" value={target.job} onChange={(event) => onChange({ job: event.target.value || undefined })}>
          <option value="">Assets</option>
          {[...new Set([...jobs.map(({ name }) => name), ...(target.job === "" ? [] : [target.job])])].map((name) => (
            <option key={name} value={name}>
              Job {name}
            </option>
          ))}
        </select>
      )}
      {target.job !== "" ? (
        <p className={styles.dim}>{job?.description ?? (job === undefined ? "" : job.assets.slice(0, SHOWN).join(", "))}</p>
      ) : target.assets.length > 0 ? (
        <p className={styles.chosen}>
          <span title={target.assets.join(", ")}>
            {target.assets.slice(0, SHOWN).join(", ")}
            {target.assets.length > SHOWN ? ` and ${target.assets.length - SHOWN} more` : ""}
          </span>
          <Button look="quiet" onClick={() => onChange({ select: "" })}>
            Select others …
          </Button>
        </p>
      ) : (
        <div className={styles.box}>
          <Expression value={target.select} nodes={nodes} error={error} onChange={(select) => onChange({ select })} />
        </div>
      )}
      <span className={styles.count} role="status">
        {error !== null || count === undefined || (count === 0 && target.job !== "") ? "" : target.select === "" && target.assets.length === 0 && target.job === "" ? `All ${plural(count, "asset")}` : plural(count, "asset")}
      </span>
    </section>
  );
}

/** Milliseconds without a key after which an expression is meant. */
const REST = 350;

interface ExpressionProps {
  readonly value: string;
  readonly nodes: readonly GraphNode[];
  readonly error: unknown;
  readonly onChange: (value: string) => void;
}

function Expression({ value, nodes, error, onChange }: ExpressionProps) {
  const [typed, setTyped] = useState({ text: shortSelection(value)?.replaceAll(", ", " or ") ?? value, timer: 0 });
  return (
    <SelectionBox
      value={typed.text}
      nodes={nodes}
      count={undefined}
      error={error instanceof ApiError ? `${error.message} ${error.hint}` : undefined}
      onChange={(text) => {
        clearTimeout(typed.timer);
        setTyped({ text, timer: window.setTimeout(() => onChange(text), REST) });
      }}
    />
  );
}
