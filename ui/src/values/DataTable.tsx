import { countText, numberText } from "../parts/format";
import { lineOf } from "./json";
import { isNumeric, type TableData } from "./table";
import styles from "./Values.module.css";

/** The head of a table with the types of its columns. Scrolls inside itself. */
export function DataTable({ table, label }: { table: TableData; label: string }) {
  const numeric = table.columns.map((_, at) => isNumeric(table, at));
  const [rows = table.rows.length, columns = table.columns.length] = table.shape ?? [];
  const moreRows = rows - table.rows.length;
  const moreColumns = columns - table.columns.length;
  return (
    <div className={styles.tableFrame}>
      <div className={styles.scroller} role="group" aria-label={label} tabIndex={0}>
        <table className={styles.table}>
          <thead>
            <tr>
              {table.columns.map((column, at) => (
                <th key={`${at} ${column.name}`} scope="col" data-number={numeric[at] || undefined} title={column.description}>
                  {column.name}
                  {column.type === "" ? null : <small>{column.type}</small>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map((row, at) => (
              <tr key={at}>
                {table.columns.map((column, place) => (
                  <td key={`${place} ${column.name}`} data-number={numeric[place] || undefined}>
                    <Cell value={row[place]} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {moreRows > 0 || moreColumns > 0 ? (
        <p className={styles.note}>
          {[
            moreRows > 0 ? `${countText(moreRows)} more rows` : "",
            moreColumns > 0 ? `${countText(moreColumns)} more columns` : "",
          ]
            .filter(Boolean)
            .join(" and ")}
        </p>
      ) : null}
    </div>
  );
}

function Cell({ value }: { value: unknown }) {
  if (value === null || value === undefined) return <span className={styles.nothing}>–</span>;
  if (value === "NaN") return <span className={styles.nothing}>NaN</span>;
  // Whole numbers as they are: many are ids and years.
  if (typeof value === "number") return <span title={String(value)}>{Number.isInteger(value) ? value : numberText(value)}</span>;
  const text = lineOf(value, 400);
  return <span title={text.length > 40 ? text : undefined}>{text}</span>;
}
