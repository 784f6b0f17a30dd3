import type { Verdict } from "../../api/schema";
import { Empty } from "../../parts/Empty";
import { numberText } from "../../parts/format";
import { Link } from "../../router/Router";
import { VERDICTS, verdictKind } from "../asset/verdicts";
import styles from "./RunPage.module.css";

/** What the checks of this run said, the bad news first. */
export function Verdicts({ verdicts }: { verdicts: readonly Verdict[] }) {
  if (verdicts.length === 0) {
    return (
      <Empty title="No check has spoken in this run">
        <p>
          A function under <code>@asset_check</code> judges what an asset has become; its verdict appears here.
        </p>
      </Empty>
    );
  }
  const worst = [...verdicts].sort((a, b) => rank(a) - rank(b));
  return (
    <ul className={styles.verdicts}>
      {worst.map((verdict) => (
        <li key={verdict.seq}>
          <span className={styles.sign} data-verdict={verdictKind(verdict)} aria-hidden="true">
            {VERDICTS[verdictKind(verdict)].sign}
          </span>
          <div>
            <strong>{verdict.name}</strong> of{" "}
            <Link to="asset" params={{ key: verdict.asset }} query={{ tab: "checks" }}>
              {verdict.asset}
              {verdict.partition === null ? "" : `[${verdict.partition}]`}
            </Link>{" "}
            {VERDICTS[verdictKind(verdict)].word}
            {verdict.blocking ? ", and blocks what comes after" : ""}
            {verdict.description === null ? null : <p>{verdict.description}</p>}
            {verdict.metadata.length === 0 ? null : (
              <p className={styles.told}>
                {verdict.metadata.map((entry) => (
                  <span key={entry.label}>
                    {entry.label} <code>{entry.number === null ? shortJson(entry.value) : numberText(entry.number)}</code>
                  </span>
                ))}
              </p>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}

function rank(verdict: Verdict): number {
  return { failed: 0, warned: 1, passed: 2 }[verdictKind(verdict)];
}

const LONGEST = 120;

function shortJson(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
