/** Light or dark: the system's choice, until the reader makes one, which this browser keeps. */
import { useSyncExternalStore } from "react";

export type Choice = "system" | "light" | "dark";
export type Theme = "light" | "dark";

const KEY = "tidemill.theme";
const CHANGED = "tidemill:theme";
const dark = () => window.matchMedia("(prefers-color-scheme: dark)");

export function chosen(): Choice {
  const kept = read();
  return kept === "light" || kept === "dark" ? kept : "system";
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage is forbidden: the choice lasts as long as the page
  }
}

/** Put the choice on the root, where tokens.css reads it. */
export function apply(choice: Choice): void {
  if (choice === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
}

export function choose(choice: Choice): void {
  try {
    if (choice === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, choice);
  } catch {
    // see read()
  }
  apply(choice);
  window.dispatchEvent(new Event(CHANGED));
}

function subscribe(notify: () => void): () => void {
  const media = dark();
  media.addEventListener("change", notify);
  window.addEventListener(CHANGED, notify);
  return () => {
    media.removeEventListener("change", notify);
    window.removeEventListener(CHANGED, notify);
  };
}

const shown = (): Theme => {
  const set = document.documentElement.dataset.theme;
  return set === "dark" || (set !== "light" && dark().matches) ? "dark" : "light";
};

/** The theme on screen: what draws on a canvas asks for colours again when it changes. */
export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, shown);
}

export function useChoice(): Choice {
  return useSyncExternalStore(subscribe, () => (document.documentElement.dataset.theme as Choice | undefined) ?? "system");
}

/** What colours tokens stand for, as `rgb(…)`: a canvas knows neither `var()` nor `light-dark()`. */
export function coloursOf<Name extends string>(tokens: Readonly<Record<Name, string>>): Record<Name, string> {
  const probe = document.createElement("span");
  probe.style.display = "none";
  document.body.append(probe);
  const style = getComputedStyle(probe);
  const colours = {} as Record<Name, string>;
  for (const name of Object.keys(tokens) as Name[]) {
    probe.style.color = `var(${tokens[name]})`;
    colours[name] = style.color;
  }
  probe.remove();
  return colours;
}
