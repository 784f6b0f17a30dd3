import { useMemo } from "react";
import type { GraphNode } from "../../api/schema";
import { useNow } from "../../live/hooks";
import { Empty } from "../../parts/Empty";
import { plural } from "../../parts/format";
import { When } from "../../parts/When";
import { Link, useQuery } from "../../router/Router";
import { LOOKS, STATES } from "../../states/states";
import { StateIcon } from "../../states/StateIcon";
import { VirtualList } from "../../virtual/VirtualList";
import { shownState } from "../graph/model";
import styles from "./CatalogPage.module.css";
import { COLUMNS, type Column, type Row, rowsOf, valuesOf } from "./rows";

const NO_NODES: readonly GraphNode[] = [];
const TITLES: Readonly<Record<Column, string>> = {
  asset: "Asset",
  group: "Group",
  state: "State",
  version: "Made",
  value: "Value",
  checks: "Checks",
};

/** Every asset as a row of a table. */
export default function CatalogPage() {
  const nodes = useNow((now) => now.graph?.nodes) ?? NO_NODES;
  const states = useNow((now) => now.states);
  const [query, change] = useQuery();
  const filter = useMemo(() => {
    const given = (name: string) => query.get(name) ?? "";
    return { text: given("text"), group: given("group"), kind: given("kind"), state: given("state") };
  }, [query]);
  const by = COLUMNS.find((column) => column === query.get("by"));
  const isDown = query.get("down") !== null;
  const rows = useMemo(
    () => rowsOf(nodes, states, filter, by === undefined ? undefined : { by, isDown }),
    [nodes, states, filter, by, isDown],
  );
  const sort = (column: Column) => {
    if (by !== column) change({ by: column, down: undefined });
    else if (!isDown) change({ down: "1" });
    else change({ by: undefined, down: undefined });
  };

  return (
    <div className={styles.page}>
      <header className={styles.bar}>
        <h1>Catalog</h1>
        <input
          type="search"
          className={styles.search}
          aria-label="Search assets"
          placeholder="Search keys, descriptions, kinds, owners, tags"
          value={filter.text}
          onChange={(event) => change({ text: event.target.value })}
        />
        <Choice name="group" label="Group" values={valuesOf(nodes, (node) => [node.group])} current={filter.group} onChange={change} />
        <Choice name="kind" label="Kind" values={valuesOf(nodes, (node) => node.kinds)} current={filter.kind} onChange={change} />
        <Choice
          name="state"
          label="State"
          values={[...STATES]}
          texts={(state) => LOOKS[state as keyof typeof LOOKS].label}
          current={filter.state}
          onChange={change}
        />
        <span className={styles.count} role="status">
          {rows.length === nodes.length ? plural(rows.length, "asset") : `${rows.length} of ${plural(nodes.length, "asset")}`}
        </span>
      </header>
      <div className={styles.head} role="group" aria-label="Sort by">
        {COLUMNS.map((column) => (
          <button
            key={column}
            type="button"
            className={styles.title}
            data-column={column}
            aria-pressed={by === column}
            onClick={() => sort(column)}
          >
            {TITLES[column]}
            <span aria-hidden="true">{by === column ? (isDown ? " ↓" : " ↑") : ""}</span>
          </button>
        ))}
      </div>
      {rows.length === 0 ? (
        <Empty title={nodes.length === 0 ? "No assets yet" : "No asset is like that"}>
          <p>{nodes.length === 0 ? "Define one with @asset; it appears here as soon as its file is saved." : "Take a filter away to see more."}</p>
        </Empty>
      ) : (
        <VirtualList
          className={styles.list}
          count={rows.length}
          rowHeight={44}
          label="Assets"
          row={(index) => {
            const row = rows[index];
            return row === undefined ? null : <AssetLine row={row} />;
          }}
        />
      )}
    </div>
  );
}

function AssetLine({ row: { node, state } }: { row: Row }) {
  const checks = state?.checks;
  return (
    <div className={styles.row}>
      <div className={styles.asset}>
        <Link to="asset" params={{ key: node.key }} title={node.key}>
          {node.key}
        </Link>
        <span className={styles.kinds}>
          {[...node.kinds, ...(node.partitions === null ? [] : [plural(node.partitions, "partition")])].join(" · ")}
        </span>
      </div>
      <span className={styles.cell}>{node.group}</span>
      <span className={styles.cell} title={state?.why ?? undefined}>
        <StateIcon state={shownState(state)} label />
      </span>
      <span className={styles.cell}>
        {state?.at === null || state?.at === undefined ? "–" : <When at={state.at} />}
        {state?.version ? <span className={styles.kinds}> @{state.version}</span> : null}
      </span>
      <span className={styles.cell} title={state?.value ?? undefined}>
        {state?.value ?? "–"}
      </span>
      <span className={styles.cell}>
        {checks === undefined || node.checks.length === 0
          ? "–"
          : [
              checks.passed > 0 ? `${checks.passed} passed` : "",
              checks.warned > 0 ? `${checks.warned} warned` : "",
              checks.failed > 0 ? `${checks.failed} failed` : "",
              checks.unknown > 0 ? `${checks.unknown} not run` : "",
            ]
              .filter(Boolean)
              .join(", ")}
      </span>
    </div>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly label: string;
  readonly values: readonly string[];
  readonly texts?: (value: string) => string;
  readonly current: string;
  readonly onChange: (changes: Record<string, string | undefined>) => void;
}

function Choice({ name, label, values, texts = (value) => value, current, onChange }: ChoiceProps) {
  return (
    <select className={styles.choice} aria-label={label} value={current} onChange={(event) => onChange({ [name]: event.target.value })}>
      <option value="">{label}: all</option>
      {values.map((value) => (
        <option key={value} value={value}>
          {texts(value)}
        </option>
      ))}
    </select>
  );
}
