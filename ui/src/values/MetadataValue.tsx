import type { MetadataEntry } from "../api/schema";
import { type ApiNumber, countText, numberText } from "../parts/format";
import { When } from "../parts/When";
import { Link } from "../router/Router";
import { DataTable } from "./DataTable";
import { entriesOf, isFields, itemsOf, lineOf, textOf } from "./json";
import { JsonTree } from "./JsonTree";
import { Markdown } from "./Markdown";
import { artifactName, isWide, safeLink } from "./metadata";
import { columnsOf, tableOfRecords } from "./table";
import styles from "./Values.module.css";

/** A metadata value, by its kind. */
export function MetadataValue({ entry }: { entry: MetadataEntry }) {
  const { type, value } = entry;
  switch (type) {
    case "float":
      return <span title={String(value)}>{numberText(value as ApiNumber)}</span>;
    case "int":
      return typeof value === "number" ? <>{countText(value)}</> : <>{lineOf(value)}</>;
    case "bool":
      return <>{value === true ? "true" : "false"}</>;
    case "null":
      return <span className={styles.nothing}>None</span>;
    case "md":
      return <Markdown text={textOf(value) ?? ""} />;
    case "url":
      return <Address address={value} />;
    case "path":
    case "notebook":
      return <code>{lineOf(value, 1_000)}</code>;
    case "timestamp":
      return typeof value === "number" ? <When at={value * 1e6} /> : <>{lineOf(value)}</>;
    case "asset":
      return <AssetLink name={lineOf(value)} />;
    case "run":
      return (
        <Link to="run" params={{ id: lineOf(value) }}>
          {lineOf(value)}
        </Link>
      );
    case "job":
      return <>{isFields(value) ? lineOf(value.job_name) : lineOf(value)}</>;
    case "python_artifact":
      return <code>{artifactName(value)}</code>;
    case "table":
      return <DataTable table={tableOfRecords(value)} label={entry.label} />;
    case "table_schema":
      return <Schema schema={value} />;
    case "column_lineage":
      return <ColumnLineage value={value} />;
    case "code_references":
      return <References value={value} />;
    case "json":
      return isWide(entry) ? <JsonTree value={value} /> : <code>{lineOf(value)}</code>;
    default:
      return isWide(entry) ? <p className={styles.plain}>{textOf(value)}</p> : <>{lineOf(value, 1_000)}</>;
  }
}

function Address({ address }: { address: unknown }) {
  const href = safeLink(address);
  const text = lineOf(address, 300);
  if (href === undefined) return <span title="Not a web address: shown, but no link.">{text}</span>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {text}
    </a>
  );
}

function AssetLink({ name }: { name: string }) {
  return (
    <Link to="asset" params={{ key: name }}>
      {name}
    </Link>
  );
}

function Schema({ schema }: { schema: unknown }) {
  const rows = columnsOf(schema).map((column) => [column.name, column.type, column.description ?? null]);
  const columns = ["column", "type", "description"].map((name) => ({ name, type: "" }));
  return <DataTable table={{ columns, rows }} label="Schema" />;
}

function ColumnLineage({ value }: { value: unknown }) {
  return (
    <ul className={styles.list}>
      {entriesOf(value).map(([column, deps]) => (
        <li key={column}>
          <code>{column}</code> from{" "}
          {itemsOf(deps).map((dep, at) => {
            const fields = isFields(dep) ? dep : {};
            return (
              <span key={at}>
                {at > 0 ? ", " : ""}
                <AssetLink name={lineOf(fields.asset_key)} /> <code>{lineOf(fields.column_name)}</code>
              </span>
            );
          })}
        </li>
      ))}
    </ul>
  );
}

function References({ value }: { value: unknown }) {
  return (
    <ul className={styles.list}>
      {itemsOf(value).map((reference, at) => {
        const fields = isFields(reference) ? reference : {};
        const place = fields.url ?? [fields.file_path, fields.line_number].filter((part) => part !== undefined && part !== null).join(":");
        return (
          <li key={at}>
            <Address address={place} /> {fields.label === undefined ? null : <span className={styles.nothing}>{lineOf(fields.label)}</span>}
          </li>
        );
      })}
    </ul>
  );
}
