import { useMemo } from "react";
import { MetricChart } from "../../charts/MetricChart";
import type { Series } from "../../charts/series";
import { Button } from "../../parts/Button";
import { Empty } from "../../parts/Empty";
import { numberText, plural } from "../../parts/format";
import { Trouble } from "../../parts/Trouble";
import { useQuery } from "../../router/Router";
import type { TabProps } from "./tab";
import styles from "./Asset.module.css";
import { useMetrics, useVersions } from "./asking";
import { openVersion } from "./opening";
import { PartitionBox } from "./PartitionBox";
import { type Axis, axesOf, drawnOn, idOf, isNumber, labelsOf, placeOf, VALUE, valueSeries } from "./plots";
import plots from "./Plots.module.css";

const AXIS_WORDS: Readonly<Record<Axis, string>> = { version: "By version", time: "By time", partition: "By partition" };

/** Every number that was said of the asset, over its versions. */
export function PlotsTab({ asset, spot, isPartitioned }: TabProps) {
  const { key } = asset;
  const { data, error, refetch } = useMetrics(key, spot.partition);
  const [query, change] = useQuery();
  const { rows } = useVersions(key, spot.partition);
  const hasValue = isNumber(asset.latest?.preview);
  const found = useMemo(() => {
    const said = data?.series.filter((series) => series.points.length > 0) ?? [];
    return hasValue && !said.some((series) => series.label === VALUE) ? [valueSeries(rows), ...said] : said;
  }, [data, hasValue, rows]);
  const axes = axesOf(found, isPartitioned && spot.partition === undefined);
  const axis = axes.find((each) => each === query.get("axis")) ?? axes[0] ?? "time";
  const drawn = useMemo(() => found.map((series) => drawnOn(axis, series)), [found, axis]);
  const together = labelsOf(
    query.get("series"),
    found.map((series) => series.label),
  );
  const toggle = (label: string) => {
    const next = together.includes(label) ? together.filter((each) => each !== label) : [...together, label];
    change({ series: next.length === 0 ? undefined : JSON.stringify(next) });
  };
  const selected = spot.version === undefined ? undefined : idOf({ number: spot.version, partition: spot.partition ?? null });
  const chart = (series: readonly Series[], label: string, height: number) => (
    <MetricChart
      series={series}
      axis={axis === "version" ? "version" : "time"}
      label={label}
      height={height}
      selected={selected}
      onPoint={(point) => openVersion(key, placeOf(point.id))}
    />
  );

  if (error !== null) return <Trouble error={error} onRetry={() => void refetch()} />;
  return (
    <div className={styles.stack}>
      <div className={plots.bar}>
        <div className={plots.axes} role="group" aria-label="Axis">
          {axes.map((each) => (
            <button key={each} type="button" aria-pressed={each === axis} onClick={() => change({ axis: each === axes[0] ? undefined : each })}>
              {AXIS_WORDS[each]}
            </button>
          ))}
        </div>
        {isPartitioned ? <PartitionBox asset={key} current={spot.partition} query={{ tab: "plots" }} /> : null}
        <p className={plots.hint}>
          {data?.thinned ? "Of very many points some are shown. " : ""}
          {together.length === 0 && found.length > 1 ? "Choose several to see them on one chart. " : ""}
          {found.length > 0 ? "A click on a point opens its version." : ""}
        </p>
        {together.length === 0 ? null : (
          <Button look="quiet" onClick={() => change({ series: undefined })}>
            Choose none
          </Button>
        )}
      </div>
      {data !== undefined && found.length === 0 ? (
        <Empty title="No numbers yet">
          <p>
            Numbers among the metadata of a version are drawn here: <code>context.add_output_metadata({'{"r2": score}'})</code>, or{" "}
            <code>Output(value, metadata=…)</code>.
          </p>
        </Empty>
      ) : null}
      {together.length === 0 ? null : (
        <section className={styles.card} aria-label="Chosen series on one chart">
          {chart(
            drawn.filter((series) => together.includes(series.id)),
            together.join(", "),
            320,
          )}
        </section>
      )}
      <div className={plots.grid}>
        {drawn.map((series) => (
          <section key={series.id} className={plots.small} aria-label={series.name} data-chosen={together.includes(series.id) || undefined}>
            <label className={plots.title}>
              <input
                type="checkbox"
                checked={together.includes(series.id)}
                onChange={() => toggle(series.id)}
                aria-label={`${series.name} on one chart`}
              />
              <span className={plots.name} title={series.name}>
                {series.name}
              </span>
              <span className={plots.last}>{numberText(lastOf(series), 5)}</span>
              <span className={styles.nothing}>{plural(series.points.length, "point")}</span>
            </label>
            {chart([series], series.name, 150)}
          </section>
        ))}
      </div>
    </div>
  );
}

function lastOf(series: Series): number {
  return series.points.at(-1)?.y ?? Number.NaN;
}
