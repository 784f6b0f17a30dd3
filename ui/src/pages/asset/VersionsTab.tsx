import { useState } from "react";
import type { VersionRow } from "../../api/schema";
import { Button } from "../../parts/Button";
import { Empty } from "../../parts/Empty";
import { bytesText, durationText, numberText } from "../../parts/format";
import { Trouble } from "../../parts/Trouble";
import { When } from "../../parts/When";
import { go, Link } from "../../router/Router";
import { addressOf } from "../../router/routes";
import { VirtualList } from "../../virtual/VirtualList";
import type { TabProps } from "./tab";
import styles from "./Asset.module.css";
import { useVersions } from "./asking";
import { CheckMarks } from "./CheckMarks";
import { PartitionBox } from "./PartitionBox";
import { type Chosen, chosenAfter, pairOf } from "./chosen";
import { openVersion } from "./opening";
import { queryOf, versionQuery } from "./spot";
import { VersionPane } from "./VersionPane";
import list from "./Versions.module.css";

const METRICS = 3;

/** All versions, newest first; one may be open, two be compared. */
export function VersionsTab({ asset, spot, isPartitioned }: TabProps) {
  const { key } = asset;
  const versions = useVersions(key, spot.partition);
  const [chosen, setChosen] = useState<readonly Chosen[]>([]);
  const isOpen = spot.version !== undefined;
  const { rows } = versions;
  const close = () => go(addressOf("asset", { key }, queryOf({ tab: "versions" })));
  const pair = pairOf(chosen);

  return (
    <div className={list.split} data-open={isOpen || undefined}>
      <div className={list.side}>
        <div className={list.bar}>
          {isPartitioned ? <PartitionBox asset={key} current={spot.partition} query={{ tab: "versions" }} /> : null}
          <p className={list.hint} role="status">
            {pair === undefined ? (chosen.length === 1 ? "Choose one more to compare" : "Choose two to compare") : ""}
          </p>
          {pair === undefined ? null : (
            <Button look="primary" onClick={() => go(addressOf("asset", { key }, queryOf({ tab: "compare", ...pair })))}>
              Compare @{pair.before} and @{pair.after}
            </Button>
          )}
        </div>
        {versions.error !== null ? <Trouble error={versions.error} onRetry={() => void versions.refetch()} /> : null}
        {versions.isSuccess && rows.length === 0 ? (
          <Empty title={spot.partition === undefined ? "No version yet" : `No version of ${spot.partition} yet`}>
            <p>Each time that it is materialized, a version is added here, and none is ever overwritten.</p>
          </Empty>
        ) : (
          <>
            <div className={list.head} aria-hidden="true">
              <span />
              <span>Version</span>
              <span>Made</span>
              <span>Changed</span>
              <span>Value</span>
              <span>Numbers</span>
              <span>Checks</span>
              <span>Took</span>
              <span>Size</span>
            </div>
            <VirtualList
              className={list.list}
              count={rows.length + (versions.hasNextPage ? 1 : 0)}
              rowHeight={44}
              label="Versions"
              onRange={(_, end) => {
                if (end > rows.length && versions.hasNextPage && !versions.isFetchingNextPage) void versions.fetchNextPage();
              }}
              row={(index) => {
                const row = rows[index];
                if (row === undefined) return <p className={list.more}>Loading …</p>;
                return (
                  <Line
                    row={row}
                    isOpen={row.number === spot.version && (row.partition ?? undefined) === spot.partition}
                    isChosen={chosen.some((each) => each.id === row.id)}
                    onChoose={() => setChosen(chosenAfter(chosen, row))}
                    onOpen={() => openVersion(key, row)}
                  />
                );
              }}
            />
          </>
        )}
      </div>
      {spot.version === undefined ? null : (
        <VersionPane asset={key} number={spot.version} partition={spot.partition} newest={rows[0]} onClose={close} />
      )}
    </div>
  );
}

interface LineProps {
  readonly row: VersionRow;
  readonly isOpen: boolean;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
  readonly onOpen: () => void;
}

function Line({ row, isOpen, isChosen, onChoose, onOpen }: LineProps) {
  const name = `${row.partition === null ? "" : `${row.partition} `}@${row.number}`;
  const query = versionQuery(row);
  return (
    // The link in it is what keys and readers use; a click beside the link means the same.
    <div
      className={list.row}
      data-open={isOpen || undefined}
      onClick={(event) => {
        if (event.target instanceof Element && event.target.closest("a, input, label") === null) onOpen();
      }}
    >
      <label className={list.choose}>
        <input type="checkbox" checked={isChosen} onChange={onChoose} />
        <span className="unseen">Compare {name}</span>
      </label>
      <span className={list.name}>
        <Link to="asset" params={{ key: row.asset }} query={query} aria-current={isOpen || undefined}>
          {name}
        </Link>
      </span>
      <span className={list.two}>
        <When at={row.made_at} />
        {row.run === null ? null : (
          <Link to="run" params={{ id: String(row.run) }}>
            run {row.run}
          </Link>
        )}
      </span>
      <Changed row={row} />
      <span className={list.cell} title={row.summary ?? undefined}>
        {row.stored ? (
          (row.summary ?? row.type ?? "–")
        ) : (
          <span className={styles.nothing}>{row.bytes === null ? "no value" : "value dropped"}</span>
        )}
      </span>
      <span className={list.numbers}>
        {Object.entries(row.metrics)
          .slice(0, METRICS)
          .map(([label, value]) => (
            <span key={label} title={`${label}: ${value}`}>
              <small>{label}</small>
              {numberText(value, 4)}
            </span>
          ))}
      </span>
      <CheckMarks counts={row.checks} />
      <span className={list.number}>{row.seconds === null ? "–" : durationText(row.seconds)}</span>
      <span className={list.number}>{row.bytes === null ? "–" : bytesText(row.bytes)}</span>
    </div>
  );
}

/** What is another than in the version before; that the value is the same is worth a word, too. */
function Changed({ row }: { row: VersionRow }) {
  const { changed } = row;
  if (row.reused) return <span className={list.chips}>{chip("reused")}</span>;
  if (changed === null) return <span className={list.faint}>{row.number === 1 ? "first" : "–"}</span>;
  const causes = changed.filter((aspect) => aspect !== "value");
  const isSame = !changed.includes("value");
  const told = `Against @${row.number - 1}: ${causes.join(", ") || "nothing"} changed; the value is ${isSame ? "the same" : "another"}.`;
  return (
    <span className={list.chips} title={told}>
      {causes.map(chip)}
      {isSame ? chip("same value") : causes.length === 0 ? <span className={list.faint}>value only</span> : null}
    </span>
  );
}

function chip(text: string) {
  return (
    <span key={text} className={list.chip} data-aspect={text}>
      {text}
    </span>
  );
}
