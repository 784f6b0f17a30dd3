import { useState } from "react";
import type { PartitionStretch } from "../../api/schema";
import { useIsReadOnly } from "../../live/hooks";
import { Button } from "../../parts/Button";
import { plural } from "../../parts/format";
import { useLaunch } from "../../requests/useRequests";
import { Empty } from "../../parts/Empty";
import { Link } from "../../router/Router";
import { VirtualList } from "../../virtual/VirtualList";
import type { TabProps } from "./tab";
import styles from "./Asset.module.css";
import { usePartitions } from "./asking";
import { CopyText } from "./CopyText";
import { queryOf } from "./spot";
import { Strip } from "./Strip";
import { partitionsIn, rangeOf, toggled } from "./strip";
import list from "./Versions.module.css";

const NONE: readonly PartitionStretch[] = [];

/** Which partitions there are and how they are; some can be chosen and made. */
export function PartitionsTab({ asset }: TabProps) {
  const { key } = asset;
  const [text, setText] = useState("");
  const isReadOnly = useIsReadOnly();
  const launch = useLaunch();
  const { data } = usePartitions(key);
  const stretches = data?.stretches ?? NONE;
  const chosen = partitionsIn(text);
  const chosenSet = new Set(chosen);
  const count = countOf(chosen, stretches);
  const isMakeable = asset.defined && !isReadOnly && asset.node?.source === false;
  return (
    <div className={styles.partitions}>
      <section className={styles.card} aria-labelledby="strip">
        <div className={styles.cardHead}>
          <h2 id="strip">Partitions</h2>
          <span className={styles.aside}>{asset.partitions}</span>
        </div>
        <Strip asset={key} chosen={chosenSet} onChoose={(stretch) => setText(toggled(text, rangeOf(stretch)))} />
        {isMakeable ? (
          <form
            className={styles.making}
            onSubmit={(event) => {
              event.preventDefault();
              if (chosen.length > 0) launch.mutate({ assets: [key], partitions: chosen, what: "all" });
            }}
          >
            <input
              className={styles.input}
              aria-label="Partitions to make"
              placeholder="Click stretches, or type keys and ranges: 2026-01-05, 2026-02-01...2026-02-09"
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
            <Button look="primary" type="submit" disabled={chosen.length === 0 || launch.isPending}>
              {count === undefined || count === 0 ? "Materialize" : `Materialize ${plural(count, "partition")}`}
            </Button>
          </form>
        ) : null}
        {isMakeable && chosen.length > 0 && count !== 1 ? (
          <p className={styles.hint}>
            They are made by one step, which is given all of them. A run for each: <CopyText text={backfillOf(key, chosen)} />
          </p>
        ) : null}
      </section>
      {data !== undefined && stretches.length === 0 ? (
        <Empty title="No partitions yet">
          <p>
            Keys that code adds come by <code>context.instance.add_dynamic_partitions(name, keys)</code>. The first partition of a
            time comes when that is over.
          </p>
        </Empty>
      ) : (
        <div className={styles.frame}>
          <VirtualList
            className={list.list}
            count={stretches.length}
            rowHeight={34}
            label="Stretches of partitions"
            row={(index) => {
              const stretch = stretches[index];
              return stretch === undefined ? null : <Line asset={key} stretch={stretch} />;
            }}
          />
        </div>
      )}
    </div>
  );
}

function Line({ asset, stretch }: { asset: string; stretch: PartitionStretch }) {
  return (
    <div className={styles.stretch}>
      <span className={styles.stretchStatus} data-status={stretch.status}>
        {stretch.status}
      </span>
      <span className={styles.count}>{plural(stretch.count, "partition")}</span>
      <span>
        <Key asset={asset} partition={stretch.first} />
        {stretch.count === 1 ? null : (
          <>
            {" … "}
            <Key asset={asset} partition={stretch.last} />
          </>
        )}
      </span>
    </div>
  );
}

function Key({ asset, partition }: { asset: string; partition: string }) {
  return (
    <Link to="asset" params={{ key: asset }} query={queryOf({ tab: "versions", partition })} title={`Versions of ${partition}`}>
      {partition}
    </Link>
  );
}

/** How many partitions are chosen, where that can be told: single keys, and stretches as they are drawn. */
function countOf(chosen: readonly string[], stretches: readonly PartitionStretch[]): number | undefined {
  const known = new Map(stretches.map((stretch) => [rangeOf(stretch), stretch.count]));
  let count = 0;
  for (const range of chosen) {
    const one = known.get(range) ?? (range.includes("...") ? undefined : 1);
    if (one === undefined) return undefined;
    count += one;
  }
  return count;
}

/** The command that makes a run for each. */
function backfillOf(key: string, ranges: readonly string[]): string {
  return ["tidemill backfill", quoted(key), ...ranges.map((range) => `--partition ${quoted(range)}`)].join(" ");
}

function quoted(text: string): string {
  return /^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
