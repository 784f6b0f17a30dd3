/** From the API's series to those of charts: which point is which version, and where it stands on the axis. */

import type { MetricPoint, MetricSeries, Preview, VersionRow } from "../../api/schema";
import type { Point, Series } from "../../charts/series";

export const AXES = ["version", "time", "partition"] as const;
export type Axis = (typeof AXES)[number];

/** What a point leads to. */
export interface Place {
  readonly number: number;
  readonly partition: string | null;
}

export function idOf({ number, partition }: Place): string {
  return `${number} ${partition ?? ""}`.trimEnd();
}

export function placeOf(id: string): Place {
  const [number = "", ...partition] = id.split(" ");
  return { number: Number(number), partition: partition.length === 0 ? null : partition.join(" ") };
}

/** A series along an axis. Along partitions it has the newest version of each, those that are no dates left out. */
export function drawnOn(axis: Axis, series: MetricSeries): Series {
  const points = axis === "partition" ? newestOfEach(series.points) : series.points.map((point) => pointOf(axis, point));
  return { id: series.label, name: series.label, points: points.toSorted((a, b) => a.x - b.x) };
}

function pointOf(axis: Axis, point: MetricPoint): Point {
  return { x: axis === "version" ? point.number : point.at / 1000, y: Number(point.value), id: idOf(point) };
}

function newestOfEach(points: readonly MetricPoint[]): Point[] {
  const newest = new Map(points.map((point) => [point.partition, point])); // oldest first: the last one stays
  return [...newest.values()].flatMap((point) => {
    const x = dateOf(point.partition);
    return x === undefined ? [] : [{ x, y: Number(point.value), id: idOf(point) }];
  });
}

const DATE = /^\d{4}-\d{2}(?:-\d{2}(?:[T -]\d{2}:\d{2}(?::\d{2})?)?)?$/;

/** The moment that the key of a partition names, where it is a date. */
export function dateOf(partition: string | null): number | undefined {
  if (partition === null || !DATE.test(partition)) return undefined;
  const at = Date.parse(partition.replace(/(\d{2})-(\d{2}:\d{2})$/, "$1T$2").replace(" ", "T"));
  return Number.isNaN(at) ? undefined : at;
}

/** The axes that make sense: numbers of versions say little across partitions. */
export function axesOf(series: readonly MetricSeries[], isOfAllPartitions: boolean): readonly Axis[] {
  if (!isOfAllPartitions) return ["version", "time"];
  const hasDates = series.some(({ points }) => points.some((point) => dateOf(point.partition) !== undefined));
  return hasDates ? ["partition", "time"] : ["time"];
}

/** Whether a value is a number, which can be drawn itself. */
export function isNumber(preview: Preview | null | undefined): boolean {
  return preview?.kind === "scalar" && (typeof preview.value === "number" || NOT_FINITE.has(String(preview.value)));
}

const NOT_FINITE = new Set(["NaN", "Infinity", "-Infinity"]);
export const VALUE = "value";

/** The values themselves, from versions newest first; what is no number is left out. */
export function valueSeries(rows: readonly VersionRow[]): MetricSeries {
  const points = rows.flatMap((row): MetricPoint[] => {
    const value = numberIn(row.summary);
    return value === undefined ? [] : [{ number: row.number, partition: row.partition, at: row.made_at, value }];
  });
  return { label: VALUE, points: points.toReversed() };
}

function numberIn(summary: string | null): MetricPoint["value"] | undefined {
  if (summary === null || summary === "") return undefined;
  const text = { nan: "NaN", inf: "Infinity", "-inf": "-Infinity" }[summary] ?? summary;
  if (text === "NaN" || text === "Infinity" || text === "-Infinity") return text;
  const value = Number(text.replaceAll(",", "").replace("−", "-"));
  return Number.isNaN(value) ? undefined : value;
}

/** Labels that are drawn on one chart, from the address. */
export function labelsOf(text: string | null, known: readonly string[]): readonly string[] {
  if (text === null) return [];
  try {
    const wanted: unknown = JSON.parse(text);
    return Array.isArray(wanted) ? known.filter((label) => wanted.includes(label)) : [];
  } catch {
    return [];
  }
}
