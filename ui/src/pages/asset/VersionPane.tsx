import type { VersionDetail, VersionRef, VersionRow } from "../../api/schema";
import { Button } from "../../parts/Button";
import { Facts } from "../../parts/Facts";
import { bytesText, dateText, durationText } from "../../parts/format";
import { Trouble } from "../../parts/Trouble";
import { When } from "../../parts/When";
import { go, Link } from "../../router/Router";
import { addressOf } from "../../router/routes";
import { JsonTree } from "../../values/JsonTree";
import { MetadataList } from "../../values/MetadataList";
import { PreviewOf } from "../../values/PreviewOf";
import styles from "./Asset.module.css";
import { useVersion } from "./asking";
import { CopyText } from "./CopyText";
import { queryOf, versionName, versionQuery } from "./spot";
import { VerdictLine } from "./VerdictLine";
import list from "./Versions.module.css";

interface VersionPaneProps {
  readonly asset: string;
  readonly number: number;
  readonly partition: string | undefined;
  /** Of the list beside it: how far the arrow leads. */
  readonly newest: VersionRow | undefined;
  readonly onClose: () => void;
}

/** One version with all that is remembered of it. */
export function VersionPane({ asset, number, partition, newest, onClose }: VersionPaneProps) {
  const { data, error, refetch, isPlaceholderData } = useVersion(asset, partition, number);
  const at = (other: number) => go(addressOf("asset", { key: asset }, queryOf({ tab: "versions", version: other, partition })));
  const last = newest === undefined || (newest.partition ?? undefined) !== partition ? undefined : newest.number;
  return (
    <article className={list.pane} aria-label={versionName(asset, partition ?? null, number)} aria-busy={isPlaceholderData}>
      <div className={list.paneHead}>
        <h2>
          {partition === undefined ? "" : `${partition} `}@{number}
        </h2>
        <Button look="quiet" aria-label="Older version" disabled={number <= 1} onClick={() => at(number - 1)}>
          ←
        </Button>
        <Button look="quiet" aria-label="Newer version" disabled={last !== undefined && number >= last} onClick={() => at(number + 1)}>
          →
        </Button>
        <span className={list.spacer} />
        {number > 1 ? (
          <Link to="asset" params={{ key: asset }} query={queryOf({ tab: "compare", before: number - 1, after: number, partition })}>
            Compare with @{number - 1}
          </Link>
        ) : null}
        {last !== undefined && number < last ? (
          <Link to="asset" params={{ key: asset }} query={queryOf({ tab: "compare", before: number, after: last, partition })}>
            Compare with the newest
          </Link>
        ) : null}
        <Button look="quiet" aria-label="Close" onClick={onClose}>
          ×
        </Button>
      </div>
      {error !== null ? (
        <Trouble error={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <p className={styles.loading}>Loading …</p>
      ) : (
        <Details version={data} />
      )}
    </article>
  );
}

function Details({ version }: { version: VersionDetail }) {
  const libraries = Object.entries(version.libraries);
  const tags = Object.entries(version.tags);
  const name = versionName(version.asset, version.partition, version.number);
  return (
    <div className={styles.stack}>
      {version.description === null ? null : <p>{version.description}</p>}
      {version.preview === null ? null : <PreviewOf preview={version.preview} />}
      <Facts
        of={[
          [
            "Made",
            <span key="made">
              <When at={version.made_at} /> <span className={styles.nothing}>{dateText(version.made_at)}</span>
            </span>,
          ],
          [
            "By",
            version.run === null ? null : (
              <span key="run">
                <Link to="run" params={{ id: String(version.run) }} query={{ step: version.step }}>
                  run {version.run}
                </Link>
                , step <code>{version.step}</code>
                {version.reused ? ", reused from an equal one" : ""}
              </span>
            ),
          ],
          ["Took", version.seconds === null ? null : durationText(version.seconds)],
          ["Type", version.type === null ? null : <code key="type">{version.type}</code>],
          ["Size", version.bytes === null ? null : `${bytesText(version.bytes)}${version.stored ? "" : ", dropped since"}`],
          ["Seed", version.seed],
          ["Kept by", version.io_manager === null ? null : `${version.io_manager}${version.identifier === null ? "" : `: ${version.identifier}`}`],
          ["Look at it", version.stored ? <CopyText key="show" text={`tidemill show ${name.includes("[") ? `'${name}'` : name}`} /> : null],
        ]}
      />
      {version.metadata.length === 0 ? null : (
        <Section title="Metadata">
          <MetadataList entries={version.metadata} />
        </Section>
      )}
      {version.verdicts.length === 0 ? null : (
        <Section title="Checks">
          <div>
            {version.verdicts.map((verdict) => (
              <VerdictLine key={verdict.seq} verdict={verdict} />
            ))}
          </div>
        </Section>
      )}
      <div className={styles.pair}>
        <Refs title="Made from" refs={version.inputs} none="Nothing: it is a beginning." />
        <Refs title="Made from it" refs={version.outputs} none="Nothing yet." />
      </div>
      {Object.keys(version.config).length === 0 ? null : (
        <Section title="Config">
          <JsonTree value={version.config} />
        </Section>
      )}
      <div className={styles.pair}>
        {version.code_parts.length === 0 ? null : (
          <Section title="Code that it stands for">
            <ul className={styles.plainList}>
              {version.code_parts.map((part) => (
                <li key={part}>
                  <code>{part}</code>
                </li>
              ))}
            </ul>
          </Section>
        )}
        {libraries.length === 0 ? null : (
          <Section title="Libraries that count">
            <Facts of={libraries} />
          </Section>
        )}
      </div>
      {tags.length === 0 ? null : (
        <Section title="Tags">
          <Facts of={tags} />
        </Section>
      )}
      <Section title="Identity">
        <Facts
          of={[
            ["Id", <CopyText key="id" text={version.id} />],
            ["Content", <CopyText key="data" text={version.data_version} />],
            ["Code", <CopyText key="code" text={version.code_version} />],
          ]}
        />
      </Section>
    </div>
  );
}

function Section({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section className={styles.section} aria-label={title}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function Refs({ title, refs, none }: { title: string; refs: readonly VersionRef[]; none: string }) {
  return (
    <Section title={title}>
      {refs.length === 0 ? (
        <p className={styles.nothing}>{none}</p>
      ) : (
        <ul className={styles.plainList}>
          {refs.map((ref) => (
            <li key={`${ref.asset} ${ref.partition} ${ref.id}`}>
              {ref.number === null ? (
                <Link to="asset" params={{ key: ref.asset }}>
                  {ref.asset}
                  {ref.partition === null ? "" : `[${ref.partition}]`}
                </Link>
              ) : (
                <Link to="asset" params={{ key: ref.asset }} query={versionQuery({ number: ref.number, partition: ref.partition })}>
                  {versionName(ref.asset, ref.partition, ref.number)}
                </Link>
              )}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
