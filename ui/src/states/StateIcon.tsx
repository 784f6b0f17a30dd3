import { LOOKS, type State } from "./states";
import styles from "./StateIcon.module.css";

/** A state as the graph shows it: colour and shape. With `label`, its word beside it; else read out only. */
export function StateIcon({ state, label = false, size = 18 }: { state: State; label?: boolean; size?: number }) {
  const look = LOOKS[state];
  return (
    <span className={styles.state} title={look.means}>
      <svg className={styles.icon} data-state={state} width={size} height={size} viewBox="-2 -2 20 20" aria-hidden="true">
        <circle cx="8" cy="8" r="10" />
        <path d={look.icon} />
      </svg>
      <span className={label ? undefined : "unseen"}>{look.label}</span>
    </span>
  );
}
