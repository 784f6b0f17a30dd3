/** What an asset or a step can be in, in the words of the page. Colours are tokens, shapes are paths of 16 × 16. */

export const STATES = ["fresh", "stale", "missing", "failed", "running", "skipped", "queued", "source"] as const;
export type State = (typeof STATES)[number];

interface Look {
  readonly label: string;
  /** One sentence for a tooltip. */
  readonly means: string;
  readonly token: `--state-${State}`;
  /** Strokes of the icon, drawn 1.75 wide with round ends in a box of 16 × 16. */
  readonly icon: string;
}

export const LOOKS: Readonly<Record<State, Look>> = {
  fresh: {
    label: "Fresh",
    means: "Its newest version was made from what is newest upstream, by the code as it is now.",
    token: "--state-fresh",
    icon: "M3.5 8.5l3 3 6-6.5",
  },
  stale: {
    label: "Stale",
    means: "Code, config or something upstream has changed since its newest version was made.",
    token: "--state-stale",
    icon: "M13 8a5 5 0 1 1-1.6-3.7M13 2.2v3h-3",
  },
  missing: {
    label: "Missing",
    means: "No version of it has been made yet.",
    token: "--state-missing",
    icon: "M4 8h.01M8 8h.01M12 8h.01",
  },
  failed: {
    label: "Failed",
    means: "The last attempt to make it failed.",
    token: "--state-failed",
    icon: "M4 4l8 8M12 4l-8 8",
  },
  running: {
    label: "Running",
    means: "A run is making it now.",
    token: "--state-running",
    icon: "M5.5 3.5v9l7-4.5z",
  },
  skipped: {
    label: "Skipped",
    means: "The last run left it as it was.",
    token: "--state-skipped",
    icon: "M3.5 4l4.5 4-4.5 4M8.5 4l4.5 4-4.5 4",
  },
  queued: {
    label: "Queued",
    means: "A run will make it, once what it needs is there.",
    token: "--state-queued",
    icon: "M8 2.8a5.2 5.2 0 1 0 0 10.4 5.2 5.2 0 0 0 0-10.4M8 5v3.2l2 1.3",
  },
  source: {
    label: "Source",
    means: "It is made elsewhere; Tidemill only observes it.",
    token: "--state-source",
    icon: "M8 2.5L13.5 8 8 13.5 2.5 8z",
  },
};
