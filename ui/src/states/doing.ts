/** How far a step says that it is, and in which words. */
import { useNodeState } from "../live/hooks";

export interface Doing {
  readonly progress: number | null;
  readonly doing: string | null;
}

/** In one line: "45 % · epoch 5". Undefined: it says nothing. */
export function doingText({ progress, doing }: Doing): string | undefined {
  const share = progress === null ? null : `${Math.floor(progress * 100)} %`;
  const parts = [share, doing].filter((part) => part !== null && part !== "");
  return parts.length === 0 ? undefined : parts.join(" · ");
}

interface Going extends Doing {
  readonly assets: readonly string[];
}

/** What a step of a run says now: by one of its assets as it comes, otherwise as it was when the step was asked for. */
export function useDoing(step: Going, run: number): Doing {
  const state = useNodeState(step.assets[0] ?? "");
  return state !== undefined && state.run === run ? state : step;
}
