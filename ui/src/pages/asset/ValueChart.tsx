import { useMemo } from "react";
import { MetricChart } from "../../charts/MetricChart";
import { go } from "../../router/Router";
import { addressOf } from "../../router/routes";
import { useVersions } from "./asking";
import { drawnOn, placeOf, valueSeries } from "./plots";
import { queryOf } from "./spot";

/** A value that is a number, over its newest versions. */
export function ValueChart({ asset, partition }: { asset: string; partition: string | undefined }) {
  const { rows } = useVersions(asset, partition);
  const series = useMemo(() => drawnOn("version", valueSeries(rows)), [rows]);
  if (series.points.length < 2) return null;
  return (
    <MetricChart
      series={[series]}
      axis="version"
      label={`The value of ${asset} by version`}
      height={150}
      onPoint={(point) => {
        const place = placeOf(point.id);
        go(addressOf("asset", { key: asset }, queryOf({ tab: "versions", version: place.number, partition: place.partition ?? undefined })));
      }}
    />
  );
}
