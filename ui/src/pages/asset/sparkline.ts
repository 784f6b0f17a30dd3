/** A line of numbers in a box a word high. */

/** SVG path through the finite ones of the newest numbers, gaps between them left open; "" for fewer than two. */
export function sparkline(values: readonly number[], width: number, height: number): string {
  const finite = values.filter(Number.isFinite);
  if (finite.length < 2) return "";
  const least = Math.min(...finite);
  const span = Math.max(...finite) - least;
  const step = width / Math.max(1, values.length - 1);
  let isBroken = true;
  const parts: string[] = [];
  for (const [at, value] of values.entries()) {
    if (!Number.isFinite(value)) {
      isBroken = true;
      continue;
    }
    const y = span === 0 ? height / 2 : height - ((value - least) / span) * height;
    parts.push(`${isBroken ? "M" : "L"}${(at * step).toFixed(1)} ${y.toFixed(1)}`);
    isBroken = false;
  }
  return parts.join("");
}
