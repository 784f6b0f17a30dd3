import { useMemo, useState } from "react";
import type { GraphNode } from "../../api/schema";
import { GraphCanvas } from "../../graph/GraphCanvas";
import { useNow } from "../../live/hooks";
import { Empty } from "../../parts/Empty";
import { plural } from "../../parts/format";
import { go, Link, useQuery } from "../../router/Router";
import { addressOf } from "../../router/routes";
import { drawn, statusOf } from "../graph/model";
import type { TabProps } from "./tab";
import styles from "./Asset.module.css";
import { aroundExpression, type Hops } from "./expressions";
import { around } from "./hops";

const NO_NODES: readonly GraphNode[] = [];
const NONE: ReadonlySet<string> = new Set();
const STEPS = ["0", "1", "2", "3", "5", "all"] as const;

/** What the asset is made from and what is made from it, as a part of the graph. */
export default function LineageTab({ asset }: TabProps) {
  const nodes = useNow((now) => now.graph?.nodes) ?? NO_NODES;
  const states = useNow((now) => now.states);
  const [query, change] = useQuery();
  const up = hopsOf(query.get("up"));
  const down = hopsOf(query.get("down"));
  const [picked, setPicked] = useState<ReadonlySet<string>>(() => new Set([asset.key]));
  const shown = useMemo(() => around(asset.key, nodes, up, down), [asset.key, nodes, up, down]);
  const canvas = useMemo(() => drawn(shown), [shown]);
  const statuses = useMemo(
    () =>
      new Map(
        shown.flatMap(({ key }) => {
          const state = states.get(key);
          return state === undefined ? [] : [[key, statusOf(state)] as const];
        }),
      ),
    [shown, states],
  );
  if (shown.length === 0) {
    return (
      <Empty title="It is not in the graph">
        <p>The code that is loaded does not have it any more; its versions stay.</p>
      </Empty>
    );
  }
  return (
    <div className={styles.lineage}>
      <div className={styles.lineageBar}>
        <Choice label="Made from" name="up" current={up} onChange={change} />
        <Choice label="Goes into" name="down" current={down} onChange={change} />
        <span className={styles.aside}>{plural(shown.length, "asset")}</span>
        <Link to="graph" query={{ select: aroundExpression(asset.key, up, down) }}>
          Show these in the graph
        </Link>
      </div>
      <div className={styles.lineageRoom}>
        <GraphCanvas
          {...canvas}
          groups={[]}
          nodes={canvas.nodes.map((node) => ({ ...node, group: undefined }))}
          statuses={statuses}
          selection={picked}
          onSelect={setPicked}
          onOpen={(key) => go(addressOf("asset", { key }, { tab: "lineage", up: String(up), down: String(down) }))}
          folded={NONE}
          onFold={() => undefined}
        />
      </div>
    </div>
  );
}

function hopsOf(text: string | null): Hops {
  if (text === "all") return "all";
  return text !== null && /^\d$/.test(text) ? Number(text) : 2;
}

interface ChoiceProps {
  readonly label: string;
  readonly name: "up" | "down";
  readonly current: Hops;
  readonly onChange: (changes: Record<string, string>) => void;
}

function Choice({ label, name, current, onChange }: ChoiceProps) {
  return (
    <label className={styles.choice}>
      {label}
      <select className={styles.input} value={String(current)} onChange={(event) => onChange({ [name]: event.target.value })}>
        {STEPS.map((steps) => (
          <option key={steps} value={steps}>
            {steps === "all" ? "all the way" : steps === "0" ? "nothing" : plural(Number(steps), "step")}
          </option>
        ))}
      </select>
    </label>
  );
}
