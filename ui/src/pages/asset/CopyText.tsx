import { say } from "../../notices/notices";
import styles from "./Asset.module.css";

/** A text that a click copies. */
export function CopyText({ text }: { text: string }) {
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => say("Copied."),
      () => say("The browser does not let the page copy; mark the text instead.", { isTrouble: true }),
    );
  };
  return (
    <button type="button" className={styles.copy} title="Copy" onClick={copy}>
      <code>{text}</code>
    </button>
  );
}
