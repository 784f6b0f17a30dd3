/** The colours that the canvas draws with, and the fonts: read from tokens.css, again when the theme changes. */
import { LOOKS, STATES, type State } from "../states/states";
import { coloursOf, type Theme } from "../theme/theme";

const TOKENS = {
  ground: "--ground",
  surface: "--surface",
  sunken: "--sunken",
  line: "--line",
  lineStrong: "--line-strong",
  ink: "--ink",
  ink2: "--ink-2",
  ink3: "--ink-3",
  accent: "--accent",
  accentSoft: "--accent-soft",
  shadow: "--shadow",
} as const;

export interface Palette extends Readonly<Record<keyof typeof TOKENS, string>> {
  readonly state: Readonly<Record<State, string>>;
  readonly font: string;
}

/** The palette of the theme on screen; the theme is asked for so that another one is another palette. */
export function paletteOf(_theme: Theme): Palette {
  const tokens = Object.fromEntries(STATES.map((state) => [state, LOOKS[state].token])) as Record<State, string>;
  const font = getComputedStyle(document.documentElement).getPropertyValue("--font").trim() || "sans-serif";
  return { ...coloursOf(TOKENS), state: coloursOf(tokens), font };
}
