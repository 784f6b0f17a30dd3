import { describe, expect, it } from "vitest";
import css from "../tokens.css?raw";
import { STATES, type State } from "./states";

type Rgb = readonly [number, number, number];

/** The two colours of a token: light, dark. */
function token(name: string): readonly [Rgb, Rgb] {
  const found = new RegExp(`${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(css);
  if (found === null) throw new Error(`tokens.css has no ${name}`);
  return [rgb(found[1] ?? ""), rgb(found[2] ?? "")];
}

const rgb = (hex: string): Rgb => [1, 3, 5].map((at) => linear(Number.parseInt(hex.slice(at, at + 2), 16) / 255)) as unknown as Rgb;
const linear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const luminance = ([r, g, b]: Rgb) => 0.2126 * r + 0.7152 * g + 0.0722 * b;

function contrast(a: Rgb, b: Rgb): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

/** What is seen without one kind of cones: Machado, Oliveira, Fernandes 2009, in linear light. */
const EYES: Readonly<Record<string, readonly Rgb[]>> = {
  all: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protan: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deutan: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritan: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

const through = (eye: readonly Rgb[], colour: Rgb): Rgb =>
  eye.map((row) => Math.min(1, Math.max(0, row[0] * colour[0] + row[1] * colour[1] + row[2] * colour[2]))) as unknown as Rgb;

/** Distance in OKLab, times 100: 2 is just noticeable. */
function distance(a: Rgb, b: Rgb): number {
  const [x, y] = [oklab(a), oklab(b)];
  return 100 * Math.hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2]);
}

function oklab([r, g, b]: Rgb): Rgb {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** Queued is a paler running, and source no state of ours: their icons and cards tell them. */
const APART = STATES.filter((state) => state !== "queued" && state !== "source");
const pairs = APART.flatMap((a, at) => APART.slice(at + 1).map((b): [State, State] => [a, b]));

describe.each([
  ["light", 0],
  ["dark", 1],
] as const)("the states in %s", (_, theme) => {
  it.each(Object.entries(EYES))("keep apart for eyes: %s", (_name, eye) => {
    const close = pairs.flatMap(([a, b]) => {
      const far = distance(through(eye, token(`--state-${a}`)[theme]), through(eye, token(`--state-${b}`)[theme]));
      return far < 7 ? [`${a} and ${b}: ${far.toFixed(1)}`] : [];
    });
    expect(close).toEqual([]);
  });

  it("stand out from a card", () => {
    for (const state of STATES) expect([state, contrast(token(`--state-${state}`)[theme], token("--surface")[theme]) >= 3]).toEqual([state, true]);
  });

  it("leave text legible", () => {
    for (const ink of ["--ink", "--ink-2", "--ink-3", "--ink-good", "--ink-warn"]) {
      for (const ground of ["--surface", "--ground", "--sunken"]) {
        expect([ink, ground, contrast(token(ink)[theme], token(ground)[theme]) >= 4.5]).toEqual([ink, ground, true]);
      }
    }
    expect(contrast(token("--accent")[theme], token("--surface")[theme])).toBeGreaterThanOrEqual(4.5);
    expect(contrast(token("--state-failed")[theme], token("--surface")[theme])).toBeGreaterThanOrEqual(4.5);
  });
});
