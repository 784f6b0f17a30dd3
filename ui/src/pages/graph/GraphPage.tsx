import { useMemo, useState } from "react";
import type { GraphNode } from "../../api/schema";
import { GraphCanvas } from "../../graph/GraphCanvas";
import { useNow } from "../../live/hooks";
import { Empty } from "../../parts/Empty";
import { Trouble } from "../../parts/Trouble";
import { useLaunch } from "../../requests/useRequests";
import { go, Link, useQuery } from "../../router/Router";
import { addressOf } from "../../router/routes";
import { SelectionBox } from "../../selection/SelectionBox";
import { useSelected } from "../../selection/useSelected";
import { LOOKS, type State } from "../../states/states";
import { StateIcon } from "../../states/StateIcon";
import styles from "./GraphPage.module.css";
import { MaterializeMenu } from "./MaterializeMenu";
import { counted, drawn, shownState, statusOf } from "./model";
import { SidePanel } from "./SidePanel";
import { countText } from "../../parts/format";

const NO_NODES: readonly GraphNode[] = [];
const NONE: ReadonlySet<string> = new Set();

/** Every asset, what it is made from, and how it is now. */
export default function GraphPage() {
  const graph = useNow((now) => now.graph);
  const states = useNow((now) => now.states);
  const error = useNow((now) => now.error);
  const code = useNow((now) => now.code);
  const [query, change] = useQuery();
  const expression = query.get("select") ?? "";
  const status = query.get("status") ?? "";
  const selected = useSelected(expression);
  const [picked, setPicked] = useState<ReadonlySet<string>>(NONE);
  const [folded, setFolded] = useState<ReadonlySet<string>>(NONE);
  const launch = useLaunch();

  const nodes = graph?.nodes ?? NO_NODES;
  const canvas = useMemo(() => drawn(nodes), [nodes]);
  const statuses = useMemo(() => new Map([...states].map(([key, state]) => [key, statusOf(state)])), [states]);
  const counts = useMemo(() => counted(states.values()), [states]);
  const matches = useMemo(() => {
    if (status === "") return selected.keys;
    const inState = nodes.map((node) => node.key).filter((key) => shownState(states.get(key)) === status);
    return new Set(selected.keys === undefined ? inState : inState.filter((key) => selected.keys?.has(key)));
  }, [nodes, states, status, selected.keys]);

  if (graph === undefined) return error === undefined ? null : <Trouble error={error} />;
  if (nodes.length === 0) {
    return (
      <Empty title={code?.status === "loading" ? "The code is being imported …" : "No assets yet"}>
        {code?.status === "loading" ? (
          <p>The graph appears as soon as {code.target} is there.</p>
        ) : (
          <p>
            Decorate a function with <code>@asset</code> in the file that the server was started with. The graph follows each
            time you save it. Jobs of ops are <Link to="launch">launched</Link> without it.
          </p>
        )}
      </Empty>
    );
  }
  const chosen = picked.size > 0 ? picked : matches;
  const single = picked.size === 1 ? [...picked][0] : undefined;
  const node = nodes.find((each) => each.key === single);
  return (
    <div className={styles.page}>
      <header className={styles.bar}>
        <h1 className="unseen">Graph</h1>
        <div className={styles.select}>
          <SelectionBox
            value={expression}
            nodes={nodes}
            onChange={(select) => change({ select })}
            count={selected.keys?.size}
            error={selected.error}
          />
        </div>
        <StateFilter counts={counts} current={status} onChange={(next) => change({ status: next })} />
        <MaterializeMenu
          nodes={nodes}
          states={states}
          chosen={chosen}
          isBusy={launch.isPending}
          onLaunch={(request) => launch.mutate(request)}
        />
      </header>
      <div className={styles.room}>
        <GraphCanvas
          {...canvas}
          statuses={statuses}
          selection={picked}
          onSelect={setPicked}
          onOpen={(key) => go(addressOf("asset", { key }))}
          folded={folded}
          onFold={(group, isFolded) => setFolded(changed(folded, group, isFolded))}
          matches={matches}
        />
        {node === undefined ? null : (
          <SidePanel
            node={node}
            nodes={nodes}
            onClose={() => setPicked(NONE)}
            onPick={(key) => setPicked(new Set([key]))}
            onLaunch={(request) => launch.mutate(request)}
          />
        )}
      </div>
    </div>
  );
}

function changed(set: ReadonlySet<string>, item: string, isIn: boolean): ReadonlySet<string> {
  const next = new Set(set);
  if (isIn) next.add(item);
  else next.delete(item);
  return next;
}

interface StateFilterProps {
  readonly counts: readonly (readonly [State, number])[];
  readonly current: string;
  readonly onChange: (state: string) => void;
}

/** How many assets are in each state; a click leaves the others in the background. */
function StateFilter({ counts, current, onChange }: StateFilterProps) {
  return (
    <div className={styles.states} role="group" aria-label="States">
      {counts.map(([state, count]) => (
        <button
          key={state}
          type="button"
          className={styles.state}
          aria-pressed={current === state}
          aria-label={`${count} ${LOOKS[state].label.toLowerCase()}`}
          title={`${count} ${LOOKS[state].label.toLowerCase()}. ${LOOKS[state].means}`}
          onClick={() => onChange(current === state ? "" : state)}
        >
          <StateIcon state={state} />
          {countText(count)}
        </button>
      ))}
    </div>
  );
}
