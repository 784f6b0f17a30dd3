import type { ReactNode } from "react";
import styles from "./Parts.module.css";

/** That there is nothing yet, and the next step. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={styles.empty}>
      <h2>{title}</h2>
      {children}
    </div>
  );
}
