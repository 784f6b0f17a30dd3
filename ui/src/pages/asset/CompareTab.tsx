import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type Change, getVersionDiff, type MetadataEntry, type VersionDetail, type VersionDiff, type VersionRow } from "../../api/schema";
import { Button } from "../../parts/Button";
import { Empty } from "../../parts/Empty";
import { bytesText, durationText } from "../../parts/format";
import { Trouble } from "../../parts/Trouble";
import { When } from "../../parts/When";
import { go, Link } from "../../router/Router";
import { addressOf } from "../../router/routes";
import { PreviewOf } from "../../values/PreviewOf";
import { ChangeTable } from "./ChangeTable";
import type { TabProps } from "./tab";
import styles from "./Asset.module.css";
import { useVersion, useVersions } from "./asking";
import { CheckMarks } from "./CheckMarks";
import compare from "./Compare.module.css";
import { inputOf } from "./inputs";
import { Pictures } from "./Pictures";
import { isPicture } from "./pictures";
import { PartitionBox } from "./PartitionBox";
import { queryOf, versionQuery } from "./spot";

/** Two versions side by side: what is another, and in one line what is not. */
export function CompareTab({ asset, spot, isPartitioned }: TabProps) {
  const { key } = asset;
  const partition = spot.partition ?? (isPartitioned ? (asset.latest?.partition ?? undefined) : undefined);
  const versions = useVersions(key, partition);
  const { rows } = versions;
  const newest = rows[0]?.number;
  const after = spot.after ?? newest;
  const before = spot.before ?? (after === undefined ? undefined : after > 1 ? after - 1 : undefined);
  const show = (pair: { before: number | undefined; after: number | undefined }) =>
    go(addressOf("asset", { key }, queryOf({ tab: "compare", ...pair, partition })), { replace: true });
  const isReady = before !== undefined && after !== undefined;
  const diff = useQuery({
    queryKey: ["asset", key, "diff", partition, before, after],
    queryFn: ({ signal }) => getVersionDiff({ key, partition, before: before ?? 0, after: after ?? 0 }, signal),
    enabled: isReady,
    placeholderData: keepPreviousData,
  });

  if (versions.isSuccess && newest === undefined) {
    return (
      <Empty title="No version yet">
        <p>Two versions can be laid side by side as soon as there are two.</p>
      </Empty>
    );
  }
  return (
    <div className={styles.stack}>
      <div className={compare.bar}>
        {isPartitioned ? <PartitionBox asset={key} current={partition} query={{ tab: "compare" }} /> : null}
        <Choice label="Before" rows={rows} current={before} onChoose={(number) => show({ before: number, after })} />
        <Button aria-label="Swap the two" title="Swap the two" onClick={() => show({ before: after, after: before })}>
          ⇄
        </Button>
        <Choice label="After" rows={rows} current={after} onChoose={(number) => show({ before, after: number })} />
        {versions.hasNextPage ? (
          <Button look="quiet" disabled={versions.isFetchingNextPage} onClick={() => void versions.fetchNextPage()}>
            Older ones
          </Button>
        ) : null}
      </div>
      {diff.error !== null ? <Trouble error={diff.error} onRetry={() => void diff.refetch()} /> : null}
      {!isReady && versions.isSuccess ? (
        <Empty title={`There is one version${partition === undefined ? "" : ` of ${partition}`} so far`}>
          <p>The next time that it is made, you can see here what that changed.</p>
        </Empty>
      ) : null}
      {diff.data === undefined || !isReady ? null : <Diff diff={diff.data} />}
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly rows: readonly VersionRow[];
  readonly current: number | undefined;
  readonly onChoose: (number: number) => void;
}

function Choice({ label, rows, current, onChoose }: ChoiceProps) {
  const isKnown = rows.some((row) => row.number === current);
  return (
    <label className={styles.choice}>
      {label}
      <select className={styles.input} value={current ?? ""} onChange={(event) => onChoose(Number(event.target.value))}>
        {isKnown || current === undefined ? null : <option value={current}>@{current}</option>}
        {current === undefined ? <option value="">–</option> : null}
        {rows.map((row) => (
          <option key={row.id} value={row.number}>
            @{row.number}
            {row.summary === null ? "" : `  ${row.summary}`}
          </option>
        ))}
      </select>
    </label>
  );
}

const PARTS = [
  { of: "config", title: "Config" },
  { of: "inputs", title: "Inputs" },
  { of: "libraries", title: "Libraries" },
  { of: "metadata", title: "Metadata" },
  { of: "value", title: "Value" },
] as const;

function Diff({ diff }: { diff: VersionDiff }) {
  const { before, after, same } = diff;
  const whole = {
    before: useVersion(before.asset, before.partition ?? undefined, before.number).data,
    after: useVersion(after.asset, after.partition ?? undefined, after.number).data,
  };
  const names = { before: `@${before.number}`, after: `@${after.number}` };
  const entries = { before: byLabel(whole.before), after: byLabel(whole.after) };
  const pictures = diff.metadata.filter(isPicture);
  const parts = { ...diff, metadata: diff.metadata.filter((change) => !isPicture(change)) };
  const isSame = same.includes("value") && diff.code.length === 0 && PARTS.every(({ of }) => diff[of].length === 0);
  return (
    <>
      <div className={compare.heads}>
        <Side row={before} word="before" />
        <Side row={after} word="after" />
      </div>
      {isSame ? (
        <p className={compare.same}>Nothing differs: code, config, inputs, libraries, metadata and value are the same.</p>
      ) : same.length > 0 ? (
        <p className={compare.same}>The same in both: {same.join(", ")}.</p>
      ) : null}
      {diff.code.length === 0 ? null : (
        <section className={styles.card} aria-labelledby="diff-code">
          <h2 id="diff-code">Code</h2>
          <ul className={styles.reasons}>
            {diff.code.map((line) => (
              <li key={line}>
                <code>{line}</code>
              </li>
            ))}
          </ul>
        </section>
      )}
      {PARTS.map(({ of, title }) =>
        parts[of].length === 0 ? null : (
          <section key={of} className={styles.card} aria-labelledby={`diff-${of}`}>
            <h2 id={`diff-${of}`}>{title}</h2>
            <ChangeTable
              changes={parts[of]}
              label={title}
              names={names}
              areBytes={of === "value"}
              entries={of === "metadata" ? entries : undefined}
              beside={of === "inputs" ? whatOf : undefined}
            />
          </section>
        ),
      )}
      {pictures.map((change) => (
        <Pictures key={change.name} change={change} names={names} />
      ))}
      <section className={styles.card} aria-labelledby="values">
        <h2 id="values">Values side by side</h2>
        <div className={compare.values}>
          <Value number={before.number} version={whole.before} />
          <Value number={after.number} version={whole.after} />
        </div>
      </section>
    </>
  );
}

function Side({ row, word }: { row: VersionRow; word: string }) {
  return (
    <div className={compare.side}>
      <p className={compare.sideName}>
        <small>{word}</small>
        <Link to="asset" params={{ key: row.asset }} query={versionQuery(row)}>
          {row.partition === null ? "" : `${row.partition} `}@{row.number}
        </Link>
        <span>{row.summary}</span>
      </p>
      <p className={styles.aside}>
        <When at={row.made_at} />
        {row.run === null ? null : (
          <Link to="run" params={{ id: String(row.run) }}>
            run {row.run}
          </Link>
        )}
        {row.seconds === null ? null : <span>{durationText(row.seconds)}</span>}
        {row.bytes === null ? null : <span>{bytesText(row.bytes)}</span>}
        {Object.values(row.checks).some((count) => count > 0) ? <CheckMarks counts={row.checks} /> : null}
      </p>
    </div>
  );
}

/** On to what differs between the two versions of an input. */
function whatOf(change: Change) {
  const input = inputOf(change);
  if (input === undefined) return null;
  const { asset, ...pair } = input;
  return (
    <Link to="asset" params={{ key: asset }} query={queryOf({ tab: "compare", ...pair })} aria-label={`What changed in ${change.name}`}>
      What changed
    </Link>
  );
}

function byLabel(version: VersionDetail | undefined): ReadonlyMap<string, MetadataEntry> {
  return new Map(version?.metadata.map((entry) => [entry.label, entry]));
}

function Value({ number, version }: { number: number; version: VersionDetail | undefined }) {
  return (
    <div className={compare.value}>
      <h3 className={styles.nothing}>@{number}</h3>
      {version?.preview == null ? (
        <p className={styles.nothing}>{version === undefined ? "Loading …" : "No preview was taken."}</p>
      ) : (
        <PreviewOf preview={version.preview} />
      )}
    </div>
  );
}
