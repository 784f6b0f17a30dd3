import type { Partitions, PartitionStretch } from "../../api/schema";
import { countText, plural } from "../../parts/format";
import { Trouble } from "../../parts/Trouble";
import { MOST_STRETCHES, usePartitions } from "./asking";
import styles from "./Strip.module.css";
import { rangeOf, segmentsOf } from "./strip";

/** Of the line, so that one of ten thousand can be hit. */
const LEAST = 0.006;
const KINDS = ["fresh", "made", "stale", "failed", "missing"] as const;

interface StripProps {
  readonly asset: string;
  /** Ranges that are chosen, as `rangeOf` writes them. */
  readonly chosen?: ReadonlySet<string>;
  /** A click on a stretch. */
  readonly onChoose?: (stretch: PartitionStretch) => void;
}

/** The partitions in their order, in stretches of one state, with how many are in each. */
export function Strip({ asset, chosen, onChoose }: StripProps) {
  const { data, error, refetch } = usePartitions(asset);
  if (error !== null) return <Trouble error={error} onRetry={() => void refetch()} />;
  return (
    <div className={styles.strip}>
      <Counts partitions={data} />
      <div className={styles.line} role="group" aria-label="Partitions, in order">
        {data === undefined
          ? null
          : segmentsOf(data.stretches, LEAST).map(({ stretch, width }) => {
              const range = rangeOf(stretch);
              const text = `${range}: ${stretch.count === 1 ? "" : `${countText(stretch.count)} `}${stretch.status}`;
              const shared = { style: { flexGrow: width }, title: text, "data-status": stretch.status } as const;
              return onChoose === undefined ? (
                <span key={range} {...shared} />
              ) : (
                <button
                  key={range}
                  type="button"
                  {...shared}
                  aria-label={text}
                  aria-pressed={chosen?.has(range) ?? false}
                  onClick={() => onChoose(stretch)}
                />
              );
            })}
      </div>
      <p className={styles.ends}>
        <span>{data?.stretches[0]?.first}</span>
        <span>
          {data?.stretches.at(-1)?.last}
          {data?.next == null ? "" : ` and more: these are the first ${plural(MOST_STRETCHES, "stretch", "stretches")}`}
        </span>
      </p>
    </div>
  );
}

function Counts({ partitions }: { partitions: Partitions | undefined }) {
  const { counts } = partitions ?? {};
  return (
    <p className={styles.counts}>
      {KINDS.filter((kind) => (counts?.[kind] ?? 0) > 0).map((kind) => (
        <span key={kind} data-status={kind}>
          {counts === undefined ? undefined : countText(counts[kind])} {kind}
        </span>
      ))}
      {partitions === undefined ? null : <small>of {countText(partitions.total)}</small>}
    </p>
  );
}
