/** From values to pixels, and round numbers and times to write on the axes. */

import { countText } from "../parts/format";
export interface Scale {
  readonly from: number;
  readonly to: number;
  /** Pixels of both ends. */
  readonly start: number;
  readonly end: number;
}

export function toPixel(scale: Scale, value: number): number {
  return scale.start + ((value - scale.from) / (scale.to - scale.from)) * (scale.end - scale.start);
}

export function toValue(scale: Scale, pixel: number): number {
  return scale.from + ((pixel - scale.start) / (scale.end - scale.start)) * (scale.to - scale.from);
}

/** The range with a little room at both ends; a single value gets some around it. */
export function padded([from, to]: readonly [number, number], share: number): [number, number] {
  const room = to > from ? (to - from) * share : Math.abs(from) * 0.1 || 1;
  return [from - room, to + room];
}

/** About `count` round numbers inside the range, of steps of 1, 2, 5 × 10ⁿ; whole ones if asked. */
export function ticks(from: number, to: number, count: number, isWhole = false): number[] {
  if (!(to > from)) return [from];
  const rough = (to - from) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((step) => step * power >= rough * 0.7) ?? 10;
  const step = isWhole ? Math.max(1, Math.round(factor * power)) : factor * power;
  const found: number[] = [];
  for (let at = Math.ceil(from / step); at * step <= to + step * 1e-9; at++) found.push(Number((at * step).toPrecision(12)));
  return found;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  ...[1, 5, 15, 30].map((seconds) => seconds * 1_000),
  ...[1, 5, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 14, 30, 90, 180, 365, 730, 1_825].map((days) => days * DAY),
];

/** About `count` round times inside the range, of the reader's own clock: midnights, full hours. */
export function timeTicks(from: number, to: number, count: number): { at: number; text: string }[] {
  const step = STEPS.find((candidate) => (to - from) / candidate <= count) ?? STEPS.at(-1) ?? DAY;
  const zone = new Date(from).getTimezoneOffset() * MINUTE;
  const found: { at: number; text: string }[] = [];
  for (let at = Math.ceil((from - zone) / step) * step + zone; at <= to; at += step) found.push({ at, text: timeText(at, step) });
  return found;
}

function timeText(at: number, step: number): string {
  const date = new Date(at);
  if (step >= 180 * DAY) return date.toLocaleDateString(undefined, { year: "numeric", month: "short" });
  if (step >= DAY) return date.toLocaleDateString(undefined, { day: "numeric", month: "short" });
  const time = date.toLocaleTimeString(undefined, {
    hour: "2-digit",
    minute: "2-digit",
    ...(step < MINUTE ? { second: "2-digit" } : {}),
  });
  return date.getHours() === 0 && date.getMinutes() === 0 ? date.toLocaleDateString(undefined, { day: "numeric", month: "short" }) : time;
}

/** A number in few characters, with as many digits as tell it from its neighbours: `0.412`, `1.2 M`, `3.4e-7`. */
export function numberText(value: number, digits = 4): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e12)) return value.toExponential(2).replace("-", "−").replace("e−", "e-");
  for (const [limit, unit] of [
    [1e9, "G"],
    [1e6, "M"],
  ] as const) {
    if (size >= limit) return `${trimmed(value / limit, 3)} ${unit}`.replace("-", "−");
  }
  return (size >= 10_000 ? countText(Math.round(value)) : trimmed(value, digits)).replace("-", "−");
}

function trimmed(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}
