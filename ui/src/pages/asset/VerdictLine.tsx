import type { Verdict } from "../../api/schema";
import { When } from "../../parts/When";
import { Link } from "../../router/Router";
import { MetadataList } from "../../values/MetadataList";
import styles from "./Asset.module.css";
import { versionQuery } from "./spot";
import { VERDICTS, verdictKind } from "./verdicts";

/** What a check said once, with what it measured. */
export function VerdictLine({ verdict, isNamed = true }: { verdict: Verdict; isNamed?: boolean }) {
  const look = VERDICTS[verdictKind(verdict)];
  return (
    <div className={styles.verdict}>
      <p className={styles.verdictHead}>
        <span className={styles.sign} data-verdict={verdictKind(verdict)} aria-hidden="true">
          {look.sign}
        </span>
        {isNamed ? <strong>{verdict.name}</strong> : null}
        <span>{look.word}</span>
        {verdict.version === null ? null : (
          <Link
            to="asset"
            params={{ key: verdict.asset }}
            query={versionQuery({ number: verdict.version, partition: verdict.partition })}
          >
            {verdict.partition === null ? "" : `${verdict.partition} `}@{verdict.version}
          </Link>
        )}
        {verdict.run === null ? null : (
          <Link to="run" params={{ id: String(verdict.run) }}>
            run {verdict.run}
          </Link>
        )}
        <span className={styles.nothing}>
          <When at={verdict.at} />
        </span>
      </p>
      {verdict.description === null ? null : <p className={styles.nothing}>{verdict.description}</p>}
      {verdict.metadata.length === 0 ? null : <MetadataList entries={verdict.metadata} />}
    </div>
  );
}
