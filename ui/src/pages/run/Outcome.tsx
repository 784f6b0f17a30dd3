import type { StepRow, VersionRef } from "../../api/schema";
import { bytesText, durationText } from "../../parts/format";
import { Status } from "../../parts/Status";
import { Link } from "../../router/Router";
import { VirtualList } from "../../virtual/VirtualList";
import styles from "./RunPage.module.css";

/** What became of each step: the versions that it made, or why it made none. */
export function Outcome({ rows, onSelect }: { rows: readonly StepRow[]; onSelect: (step: string) => void }) {
  return (
    <div className={styles.table}>
      <div className={styles.head} aria-hidden="true">
        <span>Step</span>
        <span>Made</span>
        <span className={styles.numeric}>Took</span>
        <span className={styles.numeric}>Memory</span>
        <span className={styles.numeric}>Processor</span>
        <span>Why</span>
      </div>
      <div className={styles.fill}>
        <VirtualList
          count={rows.length}
          rowHeight={30}
          label="What became of each step"
          row={(index) => {
            const row = rows[index];
            return row === undefined ? null : <OutcomeRow row={row} onSelect={onSelect} />;
          }}
        />
      </div>
    </div>
  );
}

function OutcomeRow({ row, onSelect }: { row: StepRow; onSelect: (step: string) => void }) {
  return (
    <div className={styles.outcome}>
      <span>
        <Status status={row.status} label={false} />{" "}
        <button type="button" className={styles.link} onClick={() => onSelect(row.step)}>
          {row.step}
        </button>
      </span>
      <span>
        {row.made.slice(0, 3).map((version) => (
          <VersionLink key={version.id} version={version} />
        ))}
        {row.made.length > 3 ? `and ${row.made.length - 3} more` : null}
      </span>
      <span className={styles.numeric}>{row.seconds === null ? "" : durationText(row.seconds)}</span>
      <span className={styles.numeric}>{row.memory === null ? "" : bytesText(row.memory)}</span>
      <span className={styles.numeric}>{row.cpu === null ? "" : durationText(row.cpu)}</span>
      <span className={styles.why} title={row.why ?? row.error?.message ?? ""}>
        {row.why ?? row.error?.message.split("\n")[0] ?? (row.attempt > 1 ? `at the ${ordinal(row.attempt)} attempt` : row.status === "succeeded" ? "" : row.status)}
      </span>
    </div>
  );
}

function ordinal(number: number): string {
  const ending = number % 100 > 10 && number % 100 < 14 ? "th" : (["th", "st", "nd", "rd"][number % 10] ?? "th");
  return `${number}${ending}`;
}

/** A version by its asset and number. */
export function VersionLink({ version }: { version: VersionRef }) {
  const partition = version.partition === null ? "" : `[${version.partition}]`;
  const query = {
    tab: "versions",
    ...(version.number === null ? {} : { version: String(version.number) }),
    ...(version.partition === null ? {} : { partition: version.partition }),
  };
  return (
    <Link to="asset" params={{ key: version.asset }} query={query} className={styles.version}>
      {version.asset}
      {partition}
      {version.number === null ? "" : `@${version.number}`}
    </Link>
  );
}
