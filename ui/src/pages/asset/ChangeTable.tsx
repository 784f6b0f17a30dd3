import type { ReactNode } from "react";
import type { Change, MetadataEntry } from "../../api/schema";
import { type ApiNumber, bytesText, countText, durationText, numberText } from "../../parts/format";
import { lineOf } from "../../values/json";
import { JsonTree } from "../../values/JsonTree";
import { MetadataValue } from "../../values/MetadataValue";
import compare from "./Compare.module.css";

interface ChangeTableProps {
  readonly changes: readonly Change[];
  readonly label: string;
  /** Of the two columns. */
  readonly names: { readonly before: string; readonly after: string };
  /** Whether what is called `bytes` is a size. */
  readonly areBytes?: boolean;
  /** Something behind a line, such as where it leads. */
  readonly beside?: ((change: Change) => ReactNode) | undefined;
  /** Of metadata: what the two sides are, so that a time is written as one. */
  readonly entries?: { readonly before: Entries; readonly after: Entries } | undefined;
}

type Entries = ReadonlyMap<string, MetadataEntry>;

const LONG = 120;

/** What differs, line by line, with how much where that is a number. */
export function ChangeTable({ changes, label, names, areBytes = false, entries, beside }: ChangeTableProps) {
  const hasDelta = changes.some((change) => change.delta !== null);
  return (
    <div className={compare.scroller} role="group" aria-label={label} tabIndex={0}>
      <table className={compare.table}>
        <thead>
          <tr>
            <th scope="col">
              <span className="unseen">Name</span>
            </th>
            <th scope="col">{names.before}</th>
            <th scope="col">{names.after}</th>
            {hasDelta ? <th scope="col">Change</th> : null}
            {beside === undefined ? null : (
              <th scope="col">
                <span className="unseen">More</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {changes.map((change) => {
            const isSize = areBytes && change.name === "bytes";
            return (
              <tr key={change.name}>
                <th scope="row">{change.name}</th>
                <td>
                  <Side value={change.before} isSize={isSize} entry={entries?.before.get(change.name)} />
                </td>
                <td>
                  <Side value={change.after} isSize={isSize} entry={entries?.after.get(change.name)} />
                </td>
                {hasDelta ? (
                  <td className={compare.delta}>
                    <Delta change={change} isSize={isSize} isTime={entries?.after.get(change.name)?.type === "timestamp"} />
                  </td>
                ) : null}
                {beside === undefined ? null : <td>{beside(change)}</td>}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

const NOT_FINITE = new Set<unknown>(["NaN", "Infinity", "-Infinity"]);
/** Kinds of metadata that are written as on the page of a version; others as their JSON. */
const AS_THEY_ARE = new Set(["timestamp", "url", "asset", "run", "path", "table", "table_schema"]);

function Side({ value, isSize, entry }: { value: unknown; isSize: boolean; entry: MetadataEntry | undefined }) {
  if (entry !== undefined && AS_THEY_ARE.has(entry.type)) return <MetadataValue entry={entry} />;
  if (NOT_FINITE.has(value)) return <>{numberText(value as ApiNumber)}</>;
  if (value === null || value === undefined) return <span className={compare.nothing}>–</span>;
  if (typeof value === "number") return <span title={String(value)}>{isSize ? bytesText(value) : numberText(value, 6)}</span>;
  if (Array.isArray(value) && value.length <= 4 && value.every((item) => typeof item === "number")) {
    return <>{value.map(countText).join(" × ")}</>;
  }
  if (typeof value === "object") return <JsonTree value={value} isOpen={false} />;
  const text = lineOf(value, 2_000);
  if (text.length <= LONG) return <>{text}</>;
  return (
    <details>
      <summary>{lineOf(value, LONG)}</summary>
      {text}
    </details>
  );
}

function Delta({ change, isSize, isTime }: { change: Change; isSize: boolean; isTime: boolean }) {
  if (change.delta === null) return null;
  const delta = Number(change.delta);
  if (isTime) return <>{`${durationText(Math.abs(delta))} ${delta < 0 ? "earlier" : "later"}`}</>;
  const sign = delta > 0 ? "+" : delta < 0 ? "−" : "±";
  const size = isSize ? bytesText(Math.abs(delta)) : numberText(Number.isNaN(delta) ? "NaN" : (Math.abs(delta) as ApiNumber), 4);
  const isShared = typeof change.before === "number" && change.before !== 0 && Number.isFinite(delta);
  const share = isShared ? (100 * delta) / Math.abs(Number(change.before)) : undefined;
  return (
    <>
      {Number.isNaN(delta) ? "" : sign}
      {size}
      {share === undefined || Math.abs(share) > 9_999 ? null : (
        <small>
          {share > 0 ? "+" : share < 0 ? "−" : ""}
          {numberText(Math.abs(share), 3)} %
        </small>
      )}
    </>
  );
}
