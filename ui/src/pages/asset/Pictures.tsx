import type { Change } from "../../api/schema";
import { Markdown } from "../../values/Markdown";
import styles from "./Asset.module.css";
import compare from "./Compare.module.css";

/** Markdown with pictures of both versions, side by side. */
export function Pictures({ change, names }: { change: Change; names: { readonly before: string; readonly after: string } }) {
  return (
    <section className={styles.card} aria-label={change.name}>
      <h2>{change.name}</h2>
      <div className={compare.values}>
        {(["before", "after"] as const).map((side) => (
          <div key={side} className={compare.value}>
            <h3 className={styles.nothing}>{names[side]}</h3>
            {typeof change[side] === "string" ? <Markdown text={change[side]} /> : <p className={styles.nothing}>Not there.</p>}
          </div>
        ))}
      </div>
    </section>
  );
}
