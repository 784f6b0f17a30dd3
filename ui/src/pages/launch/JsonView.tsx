import { useState } from "react";
import type { FieldProblem } from "../../api/schema";
import { fieldName, parsed, shortMessage } from "./draft";
import styles from "./LaunchPage.module.css";
import { isSame, type JsonObject } from "./shape";

interface JsonViewProps {
  readonly config: JsonObject;
  readonly problems: readonly FieldProblem[];
  readonly onChange: (config: JsonObject) => void;
}

/** The config as text; the form follows each text that is JSON. */
export function JsonView({ config, problems, onChange }: JsonViewProps) {
  const [draft, setDraft] = useState(() => text(config));
  const read = parsed(draft);
  // What another hand changed, as "All defaults" does, takes the place of the text.
  const shown = typeof read === "string" || isSame(read, config) ? draft : text(config);
  return (
    <div className={styles.json}>
      <label className="unseen" htmlFor="launch-json">
        Config as JSON
      </label>
      <textarea
        id="launch-json"
        rows={Math.min(28, Math.max(12, shown.split("\n").length + 1))}
        spellCheck={false}
        placeholder={'{"ops": {"model": {"config": {"alpha": 0.1}}}}'}
        aria-invalid={typeof read === "string"}
        value={shown}
        onChange={(event) => {
          setDraft(event.target.value);
          const next = parsed(event.target.value);
          if (typeof next !== "string") onChange(next);
        }}
      />
      {typeof read === "string" ? (
        <p className={styles.problem} role="alert">
          {read}
        </p>
      ) : null}
      <ul className={styles.problems}>
        {problems.map((problem) => (
          <li key={problem.path}>
            <code>{fieldName(problem.path.replace(/^root:/, ""))}</code> {shortMessage(problem.message)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function text(config: JsonObject): string {
  return Object.keys(config).length === 0 ? "" : JSON.stringify(config, null, 2);
}
