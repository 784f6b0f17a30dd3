import type { CheckCounts } from "../../api/schema";
import styles from "./Asset.module.css";

const KINDS = [
  { of: "passed", sign: "✓", word: "passed" },
  { of: "warned", sign: "!", word: "warned" },
  { of: "failed", sign: "✗", word: "failed" },
  { of: "unknown", sign: "…", word: "not run" },
] as const;

/** Verdicts in signs: `✓ 3 ✗ 1`. */
export function CheckMarks({ counts }: { counts: CheckCounts }) {
  const told = KINDS.filter(({ of }) => counts[of] > 0);
  if (told.length === 0) return <span className={styles.nothing}>–</span>;
  return (
    <span className={styles.marks} title={told.map(({ of, word }) => `${counts[of]} ${word}`).join(", ")}>
      {told.map(({ of, sign, word }) => (
        <span key={of} data-verdict={of}>
          <span aria-hidden="true">{sign}</span> {counts[of]}
          <span className="unseen"> {word}</span>
        </span>
      ))}
    </span>
  );
}
