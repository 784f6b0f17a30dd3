import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type CheckInfo, getChecks, type Verdict } from "../../api/schema";
import { Empty } from "../../parts/Empty";
import { dateText, plural } from "../../parts/format";
import { Trouble } from "../../parts/Trouble";
import type { TabProps } from "./tab";
import styles from "./Asset.module.css";
import { openVersion } from "./opening";
import { VerdictLine } from "./VerdictLine";
import { histories, VERDICTS, verdictKind } from "./verdicts";

/** Verdicts that are asked for, of all checks together. */
const MOST = 1_000;
/** Verdicts in a strip. */
const SHOWN = 100;
const NONE: readonly Verdict[] = [];

/** Each check: what it looks at, what it said last, and how that went. */
export function ChecksTab({ asset }: TabProps) {
  const { data, error, refetch } = useQuery({
    queryKey: ["asset", asset.key, "checks"],
    queryFn: ({ signal }) => getChecks({ key: asset.key, limit: MOST }, signal),
    placeholderData: keepPreviousData,
    select: (page) => histories(page.items),
  });
  if (error !== null) return <Trouble error={error} onRetry={() => void refetch()} />;
  if (asset.checks.length === 0) {
    return (
      <Empty title="No checks">
        <p>
          A function decorated with <code>@asset_check(asset={asset.key})</code> is called with each new version, and says whether it
          is good.
        </p>
      </Empty>
    );
  }
  return (
    <div className={styles.stack}>
      {asset.checks.map((check) => (
        <Check key={check.name} asset={asset.key} check={check} history={data?.get(check.name) ?? NONE} />
      ))}
    </div>
  );
}

function Check({ asset, check, history }: { asset: string; check: CheckInfo; history: readonly Verdict[] }) {
  const shown = history.slice(-SHOWN);
  const passed = history.filter((verdict) => verdict.passed).length;
  return (
    <section className={styles.card} aria-labelledby={`check-${check.name}`}>
      <div className={styles.cardHead}>
        <h2 id={`check-${check.name}`}>{check.name}</h2>
        {check.blocking ? (
          <span className={styles.chip} title="What is made from the asset waits for it, and is not made if it fails.">
            blocking
          </span>
        ) : null}
        <span className={styles.aside}>{history.length === 0 ? null : `${passed} of ${plural(history.length, "verdict")} passed`}</span>
      </div>
      {check.description === null ? null : <p>{check.description}</p>}
      {check.latest === null ? (
        <p className={styles.nothing}>It was never asked. The next run of {asset} asks it.</p>
      ) : (
        <VerdictLine verdict={check.latest} isNamed={false} />
      )}
      <div className={styles.history} role="group" aria-label={`Verdicts of ${check.name}, oldest first`}>
        {shown.map((verdict) => (
          <button
            key={verdict.seq}
            type="button"
            data-verdict={verdictKind(verdict)}
            title={titleOf(verdict)}
            aria-label={titleOf(verdict)}
            disabled={verdict.version === null}
            onClick={() => openVersion(asset, { number: verdict.version ?? 0, partition: verdict.partition })}
          />
        ))}
      </div>
    </section>
  );
}

function titleOf(verdict: Verdict): string {
  const version = verdict.version === null ? "" : `@${verdict.version} `;
  const numbers = verdict.metadata.filter((entry) => entry.number !== null).map((entry) => `${entry.label} ${entry.number}`);
  return [`${verdict.partition ?? ""} ${version}${VERDICTS[verdictKind(verdict)].word}`.trim(), dateText(verdict.at), ...numbers].join(", ");
}
