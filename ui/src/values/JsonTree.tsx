import { useState } from "react";
import { countText, plural } from "../parts/format";
import { lineOf } from "./json";
import styles from "./Values.module.css";

/** Items of a list or entries of a mapping that are shown at once. */
const SHOWN = 50;
const FEW = 12;

/** Nested JSON: mappings and lists open and close, and are a line while they are closed. */
export function JsonTree({ value, isOpen = true }: { value: unknown; isOpen?: boolean }) {
  return (
    <div className={styles.tree}>
      <Branch value={value} isOpen={isOpen} />
    </div>
  );
}

function Branch({ name, value, isOpen }: { name?: string; value: unknown; isOpen: boolean }) {
  const [open, setOpen] = useState(isOpen);
  const [shown, setShown] = useState(SHOWN);
  if (typeof value !== "object" || value === null) {
    return (
      <div className={styles.leaf}>
        <Name name={name} />
        <Scalar value={value} />
      </div>
    );
  }
  const isList = Array.isArray(value);
  const entries: readonly (readonly [string, unknown])[] = Object.entries(value);
  if (entries.length === 0) {
    return (
      <div className={styles.leaf}>
        <Name name={name} />
        <span className={styles.nothing}>{isList ? "[]" : "{}"}</span>
      </div>
    );
  }
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <Name name={name} />
        <span className={styles.nothing}>
          {open ? plural(entries.length, isList ? "item" : "entry", isList ? "items" : "entries") : lineOf(value, 100)}
        </span>
      </summary>
      {open ? (
        <div className={styles.twigs}>
          {entries.slice(0, shown).map(([key, item]) => (
            <Branch key={key} name={key} value={item} isOpen={isSmall(item)} />
          ))}
          {entries.length > shown ? (
            <button type="button" className={styles.more} onClick={() => setShown(shown + 10 * SHOWN)}>
              {countText(entries.length - shown)} more
            </button>
          ) : null}
        </div>
      ) : null}
    </details>
  );
}

/** Of a few entries, so that it may be open from the beginning. */
function isSmall(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length <= FEW;
}

function Name({ name }: { name: string | undefined }) {
  return name === undefined ? null : <span className={styles.key}>{name}</span>;
}

function Scalar({ value }: { value: unknown }) {
  const kind = value === null ? "null" : typeof value;
  return <span data-kind={kind}>{typeof value === "string" ? JSON.stringify(value) : String(value)}</span>;
}
