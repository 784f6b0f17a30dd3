import { LOOKS, type State } from "../states/states";
import iconStyles from "../states/StateIcon.module.css";
import styles from "./Parts.module.css";

interface Look {
  /** Whose colour it has. */
  readonly as: State;
  /** Its shape, where that is another. */
  readonly icon?: string;
}

/** States of runs and steps in the colours of the graph, each in a shape of its own. */
const SHOWN: Readonly<Record<string, Look>> = {
  queued: { as: "queued" },
  planned: { as: "queued" },
  started: { as: "running" },
  retrying: { as: "running", icon: "M3 8a5 5 0 1 0 1.6-3.7M4.6 2v3h3" },
  expanded: { as: "running", icon: "M3.5 8h4M7.5 8l5-4M7.5 8h5M7.5 8l5 4" },
  succeeded: { as: "fresh" },
  reused: { as: "skipped" },
  skipped: { as: "skipped", icon: "M3 9.5C4.5 4.5 9.5 4 12.5 8.5M12.8 4.5v4h-4" },
  forgotten: { as: "missing" },
  blocked: { as: "stale", icon: "M3.5 8h9" },
  canceled: { as: "stale", icon: "M5 5h6v6H5z" },
  failed: { as: "failed" },
};

/** The status of a run or a step: its shape, its colour, its word. */
export function Status({ status, label = true }: { status: string; label?: boolean }) {
  const { as, icon } = SHOWN[status] ?? { as: "missing" };
  return (
    <span className={styles.status}>
      <svg className={iconStyles.icon} data-state={as} width={18} height={18} viewBox="-2 -2 20 20" aria-hidden="true">
        <circle cx="8" cy="8" r="10" />
        <path d={icon ?? LOOKS[as].icon} />
      </svg>
      <span className={label ? undefined : "unseen"}>{status}</span>
    </span>
  );
}
