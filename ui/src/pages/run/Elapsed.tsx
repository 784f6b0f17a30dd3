import { durationText } from "../../parts/format";
import { useClock } from "./useClock";

/** How long something took, or has taken so far. */
export function Elapsed({ from, to }: { from: number; to: number | null }) {
  const now = useClock(to === null);
  return <>{durationText(Math.max(0, ((to ?? Math.max(now, from)) - from) / 1e6))}</>;
}
