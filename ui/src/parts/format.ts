/** How numbers, sizes and times are written. Times of the API are microseconds since 1970, UTC. */

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

/** `0 B`, `999 B`, `1.2 kB`, `57 MB`: three digits at most, thousands. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 9.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit] ?? "B"}`;
}

/** `0 ms`, `12 ms`, `1.2 s`, `3 min 5 s`, `2 h 3 min`. */
export function durationText(seconds: number): string {
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return joined(Math.floor(whole / 60), "min", whole % 60, "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return joined(Math.floor(minutes / 60), "h", minutes % 60, "min");
  return joined(Math.floor(minutes / 1440), "d", Math.floor((minutes % 1440) / 60), "h");
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** `now`, `12 s ago`, `5 min ago`, `3 h ago`, `yesterday`, `4 days ago`, then the date. */
export function agoText(at: number, now: number): string {
  const seconds = Math.max(0, (now - at) / 1e6);
  if (seconds < 5) return "now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  const days = Math.floor(seconds / 86_400);
  if (days === 1) return "yesterday";
  return days < 30 ? `${days} days ago` : dateText(at).slice(0, 10);
}

/** `2026-11-26 14:05:09`, in the reader's time zone. */
export function dateText(at: number): string {
  const date = new Date(at / 1000);
  const two = (number: number) => String(number).padStart(2, "0");
  return (
    `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ` +
    `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  );
}

// Not by `toLocaleString`: the first call of it costs 40 ms, before the first picture.

/** A number with all its digits, its thousands apart: `12,345`, `1,234.5`. */
export function countText(number: number): string {
  const text = String(number);
  const point = text.search(/[.e]/);
  const whole = point < 0 ? text : text.slice(0, point);
  return whole.replace(/\B(?=(\d{3})+$)/g, ",") + text.slice(whole.length);
}

/** A number that JSON may have no word for. */
export type ApiNumber = number | "NaN" | "Infinity" | "-Infinity";

/** `0.4321`, `1,234`, `1.2e-7`, `NaN`, `∞`: what tells versions apart, and no more. */
export function numberText(value: ApiNumber, digits = 5): string {
  const number = Number(value);
  if (Number.isNaN(number)) return "NaN";
  if (!Number.isFinite(number)) return number > 0 ? "∞" : "−∞";
  if (Number.isInteger(number) && Math.abs(number) < 1e15) return countText(number);
  const size = Math.abs(number);
  if (size < 1e-4 || size >= 1e9) return number.toExponential(2);
  return countText(Number(number.toPrecision(digits)));
}

/** `1 asset`, `3 assets`. */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${countText(count)} ${count === 1 ? noun : nouns}`;
}
