import type { ReactNode } from "react";
import type { MetadataEntry } from "../api/schema";
import { inOrder, isWide } from "./metadata";
import { MetadataValue } from "./MetadataValue";
import styles from "./Values.module.css";

interface MetadataListProps {
  readonly entries: readonly MetadataEntry[];
  /** Something beside a value, such as how it went. */
  readonly beside?: (entry: MetadataEntry) => ReactNode;
}

/** Labels and values: short ones in lines, what takes room below its label. */
export function MetadataList({ entries, beside }: MetadataListProps) {
  const sorted = inOrder(entries);
  const short = sorted.filter((entry) => !isWide(entry));
  const wide = sorted.filter(isWide);
  return (
    <div className={styles.stack}>
      {short.length === 0 ? null : (
        <dl className={styles.metadata}>
          {short.map((entry) => (
            <div key={entry.label}>
              <dt>{entry.label}</dt>
              <dd data-number={entry.number === null ? undefined : true}>
                <MetadataValue entry={entry} />
                {beside?.(entry)}
              </dd>
            </div>
          ))}
        </dl>
      )}
      {wide.map((entry) => (
        <div key={entry.label}>
          <h3 className={styles.subtitle}>{entry.label}</h3>
          <MetadataValue entry={entry} />
        </div>
      ))}
    </div>
  );
}
