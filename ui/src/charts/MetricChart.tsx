import { type KeyboardEvent, type PointerEvent, useLayoutEffect, useMemo, useRef, useState } from "react";
import styles from "./Chart.module.css";
import { numberText, padded, type Scale, ticks, timeTicks, toPixel, toValue } from "./scale";
import { extentOf, nearestIndex, type Point, runsOf, type Series, thinned } from "./series";

export interface MetricChartProps {
  readonly series: readonly Series[];
  /** What x is: milliseconds since 1970, or numbers of versions. */
  readonly axis: "time" | "version";
  /** What the chart shows, for screen readers. */
  readonly label: string;
  readonly height?: number;
  /** A point was clicked, or chosen by keys. */
  readonly onPoint?: (point: Point, series: Series) => void;
  /** Id of the point to mark. */
  readonly selected?: string | undefined;
}

const MARGIN = { left: 56, right: 16, top: 14, bottom: 28 } as const;
/** Pixels that a character of an axis takes, rather too many than too few. */
const CHARACTER = 7;
/** Up to so many points in all, each has a dot. */
const DOTS = 600;
const COLOURS = 6;
/** A click counts for a point that is as near as this (pixels). */
const NEAR = 28;

interface Shape {
  readonly x: Scale;
  readonly y: Scale;
}

interface Hit {
  readonly series: number;
  readonly index: number;
}

/** Numbers over time or versions, several series on one chart. NaN and infinities are gaps with a mark at the edge. */
export function MetricChart({ series, axis, label, height = 220, onPoint, selected }: MetricChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [hit, setHit] = useState<Hit>();
  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const measure = () => setWidth(element.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const shape = useMemo(() => shapeOf(series, width, height), [series, width, height]);
  const hitPoint = hit === undefined ? undefined : series[hit.series]?.points[hit.index];

  const point = (event: PointerEvent<HTMLDivElement>): Hit | undefined => {
    const bounds = event.currentTarget.getBoundingClientRect();
    return nearestTo(series, shape, event.clientX - bounds.left, event.clientY - bounds.top);
  };
  const choose = (chosen: Hit | undefined) => {
    const owner = chosen === undefined ? undefined : series[chosen.series];
    const value = chosen === undefined ? undefined : owner?.points[chosen.index];
    if (owner !== undefined && value !== undefined) onPoint?.(value, owner);
  };
  const press = (event: KeyboardEvent) => {
    const at = hit ?? { series: 0, index: -1 };
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const change = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setHit(moved(series, at, step));
    else if (change !== undefined) setHit(moved(series, { series: (at.series + change + series.length) % series.length, index: at.index }, 0));
    else if (event.key === "Enter") choose(hit);
    else return;
    event.preventDefault();
  };

  return (
    <figure className={styles.chart}>
      {series.length > 1 && (
        <figcaption className={styles.legend}>
          {series.map(({ id, name }, at) => (
            <span key={id} data-series={(at % COLOURS) + 1}>
              {name}
            </span>
          ))}
        </figcaption>
      )}
      <div
        ref={frame}
        className={styles.area}
        style={{ height }}
        role="group"
        aria-label={label}
        tabIndex={0}
        onPointerMove={(event) => setHit(point(event))}
        onPointerLeave={() => setHit(undefined)}
        onClick={(event) => choose(point(event as unknown as PointerEvent<HTMLDivElement>))}
        onKeyDown={press}
        data-clickable={onPoint !== undefined && hit !== undefined ? true : undefined}
      >
        {width > 0 && (
          <svg width={width} height={height} role="img" aria-label={label}>
            <Axes shape={shape} axis={axis} width={width} height={height} />
            <Lines series={series} shape={shape} selected={selected} />
            {hitPoint !== undefined && hit !== undefined && <Hovered point={hitPoint} shape={shape} colour={(hit.series % COLOURS) + 1} />}
          </svg>
        )}
        {hitPoint !== undefined && hit !== undefined && (
          <Reading point={hitPoint} series={series[hit.series]} shape={shape} axis={axis} width={width} colour={(hit.series % COLOURS) + 1} />
        )}
      </div>
      <p className="unseen" aria-live="polite">
        {hitPoint === undefined ? "" : `${series[hit?.series ?? 0]?.name}: ${numberText(hitPoint.y)} at ${positionText(hitPoint.x, axis)}`}
      </p>
    </figure>
  );
}

function shapeOf(series: readonly Series[], width: number, height: number): Shape {
  const extent = extentOf(series);
  const x = padded(extent.x, 0.02);
  const y = padded(extent.y, 0.08);
  const longest = Math.max(...levels(y[0], y[1], height).map((value) => numberText(value).length));
  const left = Math.max(MARGIN.left, longest * CHARACTER + 16);
  return {
    x: { from: x[0], to: x[1], start: left, end: Math.max(left + 1, width - MARGIN.right) },
    y: { from: y[0], to: y[1], start: height - MARGIN.bottom, end: MARGIN.top },
  };
}

/** The values that have a line across. */
function levels(from: number, to: number, height: number): number[] {
  return ticks(from, to, Math.max(2, Math.floor(height / 48)));
}

/** Where a point is drawn: NaN at the foot, infinities at the edge that they lie behind. */
export function spotOf(point: Point, shape: Shape): { x: number; y: number } {
  const x = toPixel(shape.x, point.x);
  if (Number.isFinite(point.y)) return { x, y: toPixel(shape.y, point.y) };
  return { x, y: point.y === Number.POSITIVE_INFINITY ? shape.y.end : shape.y.start };
}

function nearestTo(series: readonly Series[], shape: Shape, x: number, y: number): Hit | undefined {
  let best: Hit | undefined;
  let least = Number.POSITIVE_INFINITY;
  const wanted = toValue(shape.x, x);
  for (const [at, { points }] of series.entries()) {
    const index = nearestIndex(points, wanted);
    const point = points[index];
    if (point === undefined) continue;
    const spot = spotOf(point, shape);
    const aside = Math.abs(spot.x - x);
    const far = aside * 2 + Math.abs(spot.y - y);
    if (aside <= NEAR && far < least) {
      least = far;
      best = { series: at, index };
    }
  }
  return best;
}

function moved(series: readonly Series[], at: Hit, step: number): Hit | undefined {
  const points = series[at.series]?.points ?? [];
  if (points.length === 0) return undefined;
  return { series: at.series, index: Math.min(points.length - 1, Math.max(0, at.index + step)) };
}

function Axes({ shape, axis, width, height }: { shape: Shape; axis: MetricChartProps["axis"]; width: number; height: number }) {
  const across = Math.max(2, Math.floor(width / 110));
  const marks =
    axis === "time"
      ? timeTicks(shape.x.from, shape.x.to, across)
      : ticks(Math.ceil(shape.x.from), Math.floor(shape.x.to), across, true).map((at) => ({ at, text: `@${at}` }));
  return (
    <g className={styles.axes}>
      {levels(shape.y.from, shape.y.to, height).map((value) => {
        const y = Math.round(toPixel(shape.y, value)) + 0.5;
        return (
          <g key={value}>
            <line x1={shape.x.start} x2={shape.x.end} y1={y} y2={y} />
            <text x={shape.x.start - 10} y={y + 4} textAnchor="end">
              {numberText(value)}
            </text>
          </g>
        );
      })}
      {marks.map(({ at, text }) => (
        <text key={at} x={toPixel(shape.x, at)} y={height - 8} textAnchor="middle">
          {text}
        </text>
      ))}
    </g>
  );
}

function Lines({ series, shape, selected }: { series: readonly Series[]; shape: Shape; selected: string | undefined }) {
  const columns = Math.max(1, Math.round(shape.x.end - shape.x.start));
  const hasDots = series.reduce((sum, { points }) => sum + points.length, 0) <= DOTS;
  return series.map(({ id, points }, at) => (
    <g key={id} className={styles.series} data-series={(at % COLOURS) + 1}>
      {runsOf(points).map((run) => (
        <path key={run[0]?.id} d={pathOf(thinned(run, columns), shape)} />
      ))}
      {hasDots &&
        points.flatMap((point) => {
          const { x, y } = spotOf(point, shape);
          return Number.isFinite(point.y) ? [<circle key={point.id} cx={x} cy={y} r={3} />] : [];
        })}
      {points.flatMap((point) => (Number.isFinite(point.y) ? [] : [<Odd key={point.id} point={point} shape={shape} />]))}
      {points.flatMap((point) => {
        if (point.id !== selected) return [];
        const { x, y } = spotOf(point, shape);
        return [<circle key={`selected ${point.id}`} className={styles.selected} cx={x} cy={y} r={6} />];
      })}
    </g>
  ));
}

function pathOf(points: readonly Point[], shape: Shape): string {
  return points
    .map((point, at) => `${at === 0 ? "M" : "L"}${toPixel(shape.x, point.x).toFixed(1)} ${toPixel(shape.y, point.y).toFixed(1)}`)
    .join("");
}

/** A value that is no number on this axis: a cross at the foot for NaN, an arrow at the edge for an infinity. */
function Odd({ point, shape }: { point: Point; shape: Shape }) {
  const { x, y } = spotOf(point, shape);
  const strokes = Number.isNaN(point.y) ? "M-4-4L4 4M4-4L-4 4" : point.y > 0 ? "M-5 6L0 0L5 6" : "M-5-6L0 0L5-6";
  return (
    <path className={styles.odd} transform={`translate(${x} ${y})`} d={strokes}>
      <title>{numberText(point.y)}</title>
    </path>
  );
}

function Hovered({ point, shape, colour }: { point: Point; shape: Shape; colour: number }) {
  const { x, y } = spotOf(point, shape);
  return (
    <g className={styles.hovered} data-series={colour}>
      <line x1={x} x2={x} y1={shape.y.end} y2={shape.y.start} />
      <circle cx={x} cy={y} r={5} />
    </g>
  );
}

interface ReadingProps {
  readonly point: Point;
  readonly series: Series | undefined;
  readonly shape: Shape;
  readonly axis: MetricChartProps["axis"];
  readonly width: number;
  readonly colour: number;
}

function Reading({ point, series, shape, axis, width, colour }: ReadingProps) {
  const { x, y } = spotOf(point, shape);
  const isLeft = x < width / 2;
  return (
    <div
      className={styles.reading}
      data-series={colour}
      aria-hidden="true"
      style={{ top: Math.max(0, y - 54), ...(isLeft ? { left: x + 12 } : { right: width - x + 12 }) }}
    >
      <span>{series?.name}</span>
      <strong>{numberText(point.y, 6)}</strong>
      <small>{positionText(point.x, axis)}</small>
    </div>
  );
}

function positionText(x: number, axis: MetricChartProps["axis"]): string {
  return axis === "version" ? `version ${x}` : new Date(x).toLocaleString();
}
