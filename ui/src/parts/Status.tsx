import { LOOKS, type State } from "../states/states";
import iconStyles from "../states/StateIcon.module.css";
import styles from "./Parts.module.css";

/** States of runs and steps in the colours and shapes of the graph. */
const AS: Readonly<Record<string, State>> = {
  queued: "queued",
  planned: "queued",
  started: "running",
  retrying: "running",
  expanded: "running",
  succeeded: "fresh",
  reused: "skipped",
  skipped: "skipped",
  forgotten: "missing",
  blocked: "stale",
  canceled: "stale",
  failed: "failed",
};

/** The status of a run or a step: its shape, its colour, its word. */
export function Status({ status, label = true }: { status: string; label?: boolean }) {
  const state = AS[status] ?? "missing";
  return (
    <span className={styles.status}>
      <svg className={iconStyles.icon} data-state={state} width={18} height={18} viewBox="-2 -2 20 20" aria-hidden="true">
        <circle cx="8" cy="8" r="10" />
        <path d={LOOKS[state].icon} />
      </svg>
      <span className={label ? undefined : "unseen"}>{status}</span>
    </span>
  );
}
