import type { Change } from "../../api/schema";
import { type ApiNumber, bytesText, numberText } from "../../parts/format";
import { lineOf } from "../../values/json";
import { JsonTree } from "../../values/JsonTree";
import compare from "./Compare.module.css";

interface ChangeTableProps {
  readonly changes: readonly Change[];
  readonly label: string;
  /** Of the two columns. */
  readonly names: { readonly before: string; readonly after: string };
  /** Whether what is called `bytes` is a size. */
  readonly areBytes?: boolean;
}

const LONG = 120;

/** What differs, line by line, with how much where that is a number. */
export function ChangeTable({ changes, label, names, areBytes = false }: ChangeTableProps) {
  const hasDelta = changes.some((change) => change.delta !== null);
  return (
    <div className={compare.scroller} role="region" aria-label={label} tabIndex={0}>
      <table className={compare.table}>
        <thead>
          <tr>
            <th scope="col">
              <span className="unseen">Name</span>
            </th>
            <th scope="col">{names.before}</th>
            <th scope="col">{names.after}</th>
            {hasDelta ? <th scope="col">Change</th> : null}
          </tr>
        </thead>
        <tbody>
          {changes.map((change) => {
            const isSize = areBytes && change.name === "bytes";
            return (
              <tr key={change.name}>
                <th scope="row">{change.name}</th>
                <td>
                  <Side value={change.before} isSize={isSize} />
                </td>
                <td>
                  <Side value={change.after} isSize={isSize} />
                </td>
                {hasDelta ? <td className={compare.delta}>{change.delta === null ? null : <Delta change={change} isSize={isSize} />}</td> : null}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Side({ value, isSize }: { value: unknown; isSize: boolean }) {
  if (value === null || value === undefined) return <span className={compare.nothing}>–</span>;
  if (typeof value === "number") return <span title={String(value)}>{isSize ? bytesText(value) : numberText(value, 6)}</span>;
  if (Array.isArray(value) && value.length <= 4 && value.every((item) => typeof item === "number")) {
    return <>{value.map((item) => item.toLocaleString("en-US")).join(" × ")}</>;
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

function Delta({ change, isSize }: { change: Change; isSize: boolean }) {
  const delta = Number(change.delta);
  const sign = delta > 0 ? "+" : delta < 0 ? "−" : "±";
  const size = isSize ? bytesText(Math.abs(delta)) : numberText(Number.isNaN(delta) ? "NaN" : (Math.abs(delta) as ApiNumber), 4);
  const share = typeof change.before === "number" && change.before !== 0 && Number.isFinite(delta) ? (100 * delta) / Math.abs(change.before) : undefined;
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
