import type { Preview } from "../api/schema";
import { Facts } from "../parts/Facts";
import { type ApiNumber, countText, numberText, plural } from "../parts/format";
import { DataTable } from "./DataTable";
import { Histogram } from "./Histogram";
import { entriesOf, isFields, itemsOf, lineOf, numberOf, numbersOf, textOf } from "./json";
import { tableOfPreview, tableOfRows } from "./table";
import styles from "./Values.module.css";

/** A look at a value, by its kind. */
export function PreviewOf({ preview }: { preview: Preview }) {
  const Shown = KINDS[preview.kind] ?? Other;
  return <Shown preview={preview} />;
}

type Look = (props: { readonly preview: Preview }) => React.ReactNode;

const KINDS: Readonly<Partial<Record<string, Look>>> = {
  scalar: Scalar,
  table: Table,
  array: ArrayLook,
  estimator: Estimator,
  mapping: Entries,
  sequence: Entries,
  text: Text,
  figure: Figure,
};

function Scalar({ preview }: { preview: Preview }) {
  const value = preview.value;
  const text = typeof value === "number" ? numberText(value) : lineOf(value ?? preview.summary, 400);
  return (
    <p className={styles.scalar} title={typeof value === "number" ? String(value) : undefined}>
      {value === null ? "None" : text}
    </p>
  );
}

function Table({ preview }: { preview: Preview }) {
  const table = tableOfPreview(preview);
  if (table.columns.length === 0) return <Shape preview={preview} note="Its head was not looked at: the preview would have taken too long." />;
  return <DataTable table={table} label="Head of the table" />;
}

function Shape({ preview, note }: { preview: Preview; note?: string }) {
  return (
    <div>
      <p className={styles.scalar}>{preview.summary}</p>
      {note === undefined ? null : <p className={styles.note}>{note}</p>}
    </div>
  );
}

function ArrayLook({ preview }: { preview: Preview }) {
  const histogram = isFields(preview.histogram) ? preview.histogram : {};
  const [edges, counts] = [numbersOf(histogram.edges), numbersOf(histogram.counts)];
  const rows = itemsOf(preview.rows);
  const shape = numbersOf(preview.shape);
  const size = shape.reduce((product, length) => product * length, 1);
  const sampled = numberOf(preview.sampled);
  return (
    <div className={styles.stack}>
      <div className={styles.figures}>
        <Figured name="shape" value={shape.map(countText).join(" × ") || "scalar"} />
        <Figured name="dtype" value={textOf(preview.dtype)} />
        <Figured name="min" value={numeric(preview.minimum)} />
        <Figured name="mean" value={numeric(preview.mean)} />
        <Figured name="max" value={numeric(preview.maximum)} />
        <Figured name="not finite" value={numeric(preview.not_finite)} />
        <Figured name="filled" value={typeof preview.density === "number" ? `${numberText(preview.density * 100, 3)} %` : undefined} />
      </div>
      {counts.length > 0 ? <Histogram edges={edges} counts={counts} /> : null}
      {sampled !== undefined && sampled < size && counts.length > 0 ? (
        <p className={styles.note}>Of {plural(sampled, "element")} in {countText(size)}, taken in blocks.</p>
      ) : null}
      {rows.length > 0 ? <DataTable table={tableOfRows(rows)} label="Elements of the array" /> : null}
    </div>
  );
}

function numeric(value: unknown): string | undefined {
  return typeof value === "number" || value === "NaN" || value === "Infinity" || value === "-Infinity" ? numberText(value as ApiNumber) : undefined;
}

function Figured({ name, value }: { name: string; value: string | undefined }) {
  if (value === undefined) return null;
  return (
    <span className={styles.figured}>
      <small>{name}</small>
      {value}
    </span>
  );
}

function Estimator({ preview }: { preview: Preview }) {
  const parameters = entriesOf(preview.parameters);
  const fitted = entriesOf(preview.fitted);
  return (
    <div className={styles.stack}>
      <p className={styles.name}>{preview.summary}</p>
      <div className={styles.pair}>
        <Named title="Parameters" entries={parameters} />
        <Named title="What fitting left" entries={fitted} />
      </div>
    </div>
  );
}

function Named({ title, entries }: { title: string; entries: readonly (readonly [string, unknown])[] }) {
  if (entries.length === 0) return null;
  return (
    <section>
      <h3 className={styles.subtitle}>{title}</h3>
      <Facts of={entries.map(([name, value]) => [name, typeof value === "number" ? numberText(value) : lineOf(value)] as const)} />
    </section>
  );
}

function Entries({ preview }: { preview: Preview }) {
  const entries = itemsOf(preview.entries).map((entry) => (isFields(entry) ? entry : {}));
  const length = numberOf(preview.length) ?? entries.length;
  const isMapping = preview.kind === "mapping";
  return (
    <div className={styles.tableFrame}>
      <div className={styles.scroller} role="group" aria-label={isMapping ? "Entries" : "Items"} tabIndex={0}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{isMapping ? "key" : "#"}</th>
              <th scope="col">value</th>
              <th scope="col">type</th>
            </tr>
          </thead>
          <tbody>
            {entries.map((entry, at) => (
              <tr key={at}>
                <td>{isMapping ? textOf(entry.key) : at}</td>
                <td>{textOf(entry.summary)}</td>
                <td className={styles.nothing}>{textOf(entry.type)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {length > entries.length ? <p className={styles.note}>{countText(length - entries.length)} more</p> : null}
    </div>
  );
}

function Text({ preview }: { preview: Preview }) {
  const text = textOf(preview.text) ?? preview.summary;
  const length = numberOf(preview.length) ?? text.length;
  return (
    <div>
      <pre className={styles.text} tabIndex={0} aria-label="Text">
        {text}
      </pre>
      {length > text.length ? <p className={styles.note}>The beginning of {plural(length, "character")}.</p> : null}
    </div>
  );
}

function Figure({ preview }: { preview: Preview }) {
  return (
    <Shape
      preview={preview}
      note="A drawing is kept as an object. Give it as metadata, too, and it is shown here as a picture: context.add_output_metadata({'plot': figure})."
    />
  );
}

function Other({ preview }: { preview: Preview }) {
  return <p className={styles.name}>{textOf(preview.text) ?? preview.summary}</p>;
}
