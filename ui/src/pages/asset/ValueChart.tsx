import { useMemo } from "react";
import { MetricChart } from "../../charts/MetricChart";
import { useVersions } from "./asking";
import { openVersion } from "./opening";
import { axesOf, drawnOn, placeOf, valueSeries } from "./plots";

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
      onPoint={(point) => openVersion(asset, placeOf(point.id))}
    />
  );
}
