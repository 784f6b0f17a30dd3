import type { AssetDetail, MetadataEntry, MetricSeries } from "../../api/schema";
import { useNodeState } from "../../live/hooks";
import { Empty } from "../../parts/Empty";
import { bytesText, durationText } from "../../parts/format";
import { When } from "../../parts/When";
import { Link } from "../../router/Router";
import { MetadataList } from "../../values/MetadataList";
import { PreviewOf } from "../../values/PreviewOf";
import type { TabProps } from "./tab";
import styles from "./Asset.module.css";
import { useMetrics } from "./asking";
import { CheckMarks } from "./CheckMarks";
import { Definition } from "./Definition";
import { isNumber } from "./plots";
import { sparkline } from "./sparkline";
import { queryOf, versionQuery } from "./spot";
import { Strip } from "./Strip";
import { ValueChart } from "./ValueChart";

/** What came out last, what is said of it, and what the asset is. */
export function Overview({ asset, isPartitioned }: TabProps) {
  return (
    <div className={styles.columns}>
      <div className={styles.stack}>
        <Reasons asset={asset} />
        {isPartitioned ? <PartitionsCard asset={asset} /> : null}
        <Latest asset={asset} isPartitioned={isPartitioned} />
      </div>
      <Definition asset={asset} />
    </div>
  );
}

/** All reasons why it is not fresh. */
function Reasons({ asset }: { asset: AssetDetail }) {
  const state = useNodeState(asset.key) ?? asset.state;
  const isFailed = state.status === "failed";
  if (asset.reasons.length === 0 && !isFailed) return null;
  return (
    <section className={styles.card} data-look={isFailed ? "failed" : "stale"} aria-labelledby="why">
      <h2 id="why">{isFailed ? "Why it failed" : state.version === null ? "Why it is to be made" : "Why it is not fresh"}</h2>
      {isFailed ? (
        <p className={styles.error}>
          {state.why ?? "The last attempt to make it failed."}{" "}
          {state.run === null ? null : (
            <Link to="run" params={{ id: String(state.run) }}>
              See the traceback in run {state.run}
            </Link>
          )}
        </p>
      ) : null}
      {asset.reasons.length === 0 ? null : (
        <ul className={styles.reasons}>
          {asset.reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

function PartitionsCard({ asset }: { asset: AssetDetail }) {
  return (
    <section className={styles.card} aria-labelledby="partitions">
      <div className={styles.cardHead}>
        <h2 id="partitions">Partitions</h2>
        <span className={styles.aside}>{asset.partitions}</span>
        <Link to="asset" params={{ key: asset.key }} query={queryOf({ tab: "partitions" })}>
          Choose some
        </Link>
      </div>
      <Strip asset={asset.key} />
    </section>
  );
}

function Latest({ asset, isPartitioned }: { asset: AssetDetail; isPartitioned: boolean }) {
  const { latest, key } = asset;
  const metrics = useMetrics(key, isPartitioned ? (latest?.partition ?? undefined) : undefined);
  if (latest === null) {
    return (
      <section className={styles.card}>
        <Empty title="No version yet">
          <p>
            {asset.node?.source
              ? "It is made elsewhere; what is observed of it appears here."
              : "Materialize it, and what comes out is shown here."}
          </p>
        </Empty>
      </section>
    );
  }
  const at = versionQuery(latest);
  const series = new Map(metrics.data?.series.map((each) => [each.label, each]));
  return (
    <>
      <section className={styles.card} aria-labelledby="latest">
        <div className={styles.cardHead}>
          <h2 id="latest">
            <Link to="asset" params={{ key }} query={at}>
              {latest.partition === null ? "" : `${latest.partition} `}@{latest.number}
            </Link>
          </h2>
          <p className={styles.aside}>
            <When at={latest.made_at} />
            {latest.run === null ? null : (
              <Link to="run" params={{ id: String(latest.run) }}>
                run {latest.run}
              </Link>
            )}
            {latest.seconds === null ? null : <span>{durationText(latest.seconds)}</span>}
            {latest.bytes === null ? null : <span>{bytesText(latest.bytes)}</span>}
            {latest.type === null ? null : <code>{latest.type}</code>}
            {latest.verdicts.length === 0 ? null : (
              <Link to="asset" params={{ key }} query={queryOf({ tab: "checks" })} className={styles.bare} title="Checks">
                <CheckMarks counts={latest.checks} />
              </Link>
            )}
          </p>
        </div>
        {latest.preview === null ? (
          <p className={styles.nothing}>{latest.stored ? "No preview of its value was taken." : "It keeps no value: what is said of it stands below."}</p>
        ) : (
          <PreviewOf preview={latest.preview} />
        )}
        {isNumber(latest.preview) ? <ValueChart asset={key} isPartitioned={isPartitioned} /> : null}
      </section>
      {latest.metadata.length === 0 ? null : (
        <section className={styles.card} aria-labelledby="metadata">
          <h2 id="metadata">Metadata</h2>
          <MetadataList
            entries={latest.metadata}
            beside={(entry) => <Trend asset={key} entry={entry} series={series.get(entry.label)} />}
          />
        </section>
      )}
    </>
  );
}

const TREND = { width: 160, height: 16, points: 60 } as const;

/** How a number went over the last versions; leads to its plot. */
function Trend({ asset, entry, series }: { asset: string; entry: MetadataEntry; series: MetricSeries | undefined }) {
  if (entry.number === null || series === undefined) return null;
  const path = sparkline(
    series.points.slice(-TREND.points).map((point) => Number(point.value)),
    TREND.width,
    TREND.height,
  );
  if (path === "") return null;
  return (
    <Link
      to="asset"
      params={{ key: asset }}
      query={{ tab: "plots", series: JSON.stringify([entry.label]) }}
      className={styles.trend}
      aria-label={`Plot of ${entry.label}`}
      title={`Over ${series.points.length} versions`}
    >
      <svg width={TREND.width + 4} height={TREND.height + 4} viewBox={`-2 -2 ${TREND.width + 4} ${TREND.height + 4}`} aria-hidden="true">
        <path d={path} />
      </svg>
    </Link>
  );
}
