import type { ReactNode } from "react";
import type { LaunchForm } from "../../api/schema";
import { useIsReadOnly } from "../../live/hooks";
import { Button } from "../../parts/Button";
import { countText, plural } from "../../parts/format";
import { fieldName, partitionsOf, type Problems, withPartition } from "./draft";
import styles from "./LaunchPage.module.css";

type Tags = readonly (readonly [string, string])[];

interface SideProps {
  readonly form: LaunchForm | undefined;
  readonly problems: Problems;
  readonly isChecked: boolean;
  readonly isBusy: boolean;
  readonly onLaunch: () => void;
  readonly tags: Tags;
  readonly onTags: (tags: Tags) => void;
  readonly partitions: string;
  readonly onPartitions: (partitions: string) => void;
  /** What came of the last attempt. */
  readonly children: ReactNode;
}

/** What stays in view while the form is filled: the button, what is wrong, partitions, tags. */
export function Side({ form, problems, isChecked, isBusy, onLaunch, tags, onTags, partitions, onPartitions, children }: SideProps) {
  const isReadOnly = useIsReadOnly();
  const isWrong = problems.size > 0;
  return (
    <aside className={styles.side} aria-label="Launch">
      {isReadOnly ? (
        <p>This server only shows what is there: nothing can be launched from here.</p>
      ) : (
        <Button look="primary" className={styles.launch} disabled={form === undefined || form.steps === 0 || isBusy || (isWrong && isChecked)} onClick={onLaunch}>
          {isBusy ? "Launching …" : form === undefined ? "Launch" : `Launch ${plural(form.steps, "step")}`}
        </Button>
      )}
      <div role="status" className={styles.verdict} data-wrong={isWrong || undefined}>
        {form === undefined ? "" : isWrong ? plural(problems.size, "problem") : isChecked ? "The config is good." : "Checking …"}
      </div>
      {children}
      {form === undefined || form.partitions_total === 0 ? null : <Partitions form={form} text={partitions} onChange={onPartitions} />}
      <TagsEditor tags={tags} onChange={onTags} />
      {/* Last: what comes and goes moves nothing that is about to be clicked. The fields say it too. */}
      {isWrong ? (
        <ul className={styles.problems}>
          {[...problems].slice(0, 8).map(([path, message]) => (
            <li key={path}>
              <code>{fieldName(path)}</code> {message}
            </li>
          ))}
        </ul>
      ) : null}
    </aside>
  );
}

/** Keys that are offered. */
const OFFERED = 21;

function Partitions({ form, text, onChange }: { form: LaunchForm; text: string; onChange: (text: string) => void }) {
  const chosen = new Set(partitionsOf(text));
  const oldest = form.partitions.at(-1);
  const newest = form.partitions[0];
  return (
    <section className={styles.part}>
      <h3>
        <label htmlFor="launch-partitions">Partitions</label> <span className={styles.dim}>{countText(form.partitions_total)} in all</span>
      </h3>
      <input
        id="launch-partitions"
        className={styles.input}
        placeholder={oldest === undefined ? "key, key" : `${newest}, or ${oldest}...${newest}`}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => onChange(event.target.value)}
      />
      <p className={styles.dim}>Keys with commas between them; ranges as A...B. The newest:</p>
      <div className={styles.keys}>
        {form.partitions.slice(0, OFFERED).map((key) => (
          <button key={key} type="button" className={styles.key} aria-pressed={chosen.has(key)} onClick={() => onChange(withPartition(text, key))}>
            {key}
          </button>
        ))}
      </div>
    </section>
  );
}

function TagsEditor({ tags, onChange }: { tags: Tags; onChange: (tags: Tags) => void }) {
  const put = (at: number, tag: readonly [string, string]) => onChange(tags.map((old, place) => (place === at ? tag : old)));
  return (
    <section className={styles.part}>
      <h3>Tags</h3>
      {tags.map(([name, value], at) => (
        <div key={at} className={styles.tag}>
          <input className={styles.input} aria-label={`Name of tag ${at + 1}`} placeholder="name" value={name} onChange={(event) => put(at, [event.target.value, value])} />
          <input className={styles.input} aria-label={`Value of tag ${at + 1}`} placeholder="value" value={value} onChange={(event) => put(at, [name, event.target.value])} />
          <Button look="quiet" aria-label={`Remove tag ${at + 1}`} onClick={() => onChange(tags.filter((_, place) => place !== at))}>
            ×
          </Button>
        </div>
      ))}
      <div>
        <Button look="quiet" className={styles.add} onClick={() => onChange([...tags, ["", ""]])}>
          + Add a tag
        </Button>
      </div>
    </section>
  );
}
