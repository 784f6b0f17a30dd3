import styles from "./Asset.module.css";
import { copy } from "./copying";

/** A text that a click copies. */
export function CopyText({ text }: { text: string }) {
  return (
    <button type="button" className={styles.copy} title="Copy" onClick={() => void copy(text)}>
      <code>{text}</code>
    </button>
  );
}
