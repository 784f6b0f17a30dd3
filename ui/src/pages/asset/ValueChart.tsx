import { useMemo } from "react";
import { MetricChart } from "../../charts/MetricChart";
import { go } from "../../router/Router";
import { addressOf } from "../../router/routes";
import { useVersions } from "./asking";
import { axesOf, drawnOn, placeOf, valueSeries } from "./plots";
import { queryOf } from "./spot";

/** A value that is a number, over its newest versions; over its partitions, where it has such that are dates. */
export function ValueChart({ asset, isPartitioned }: { asset: string; isPartitioned: boolean }) {
  const { rows } = useVersions(asset, undefined);
  const { axis, series } = useMemo(() => {
    const values = valueSeries(rows);
    const best = axesOf([values], isPartitioned)[0] ?? "time";
    return { axis: best, series: drawnOn(best, values) };
  }, [rows, isPartitioned]);
  if (series.points.length < 2) return null;
  return (
    <MetricChart
      series={[series]}
      axis={axis === "version" ? "version" : "time"}
      label={`The value of ${asset} by ${axis}`}
      height={150}
      onPoint={(point) => {
        const place = placeOf(point.id);
        go(addressOf("asset", { key: asset }, queryOf({ tab: "versions", version: place.number, partition: place.partition ?? undefined })));
      }}
    />
  );
}
