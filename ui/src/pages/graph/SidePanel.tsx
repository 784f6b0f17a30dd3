import { useQuery } from "@tanstack/react-query";
import { type GraphNode, getAsset, type RunRequest } from "../../api/schema";
import { useIsReadOnly, useNodeState, useNow } from "../../live/hooks";
import { Button } from "../../parts/Button";
import { Facts } from "../../parts/Facts";
import { bytesText, durationText, numberText } from "../../parts/format";
import { Trouble } from "../../parts/Trouble";
import { When } from "../../parts/When";
import { Link } from "../../router/Router";
import { doingText } from "../../states/doing";
import { StateIcon } from "../../states/StateIcon";
import styles from "./GraphPage.module.css";
import { shownState } from "./model";

interface SidePanelProps {
  readonly node: GraphNode;
  readonly nodes: readonly GraphNode[];
  readonly onClose: () => void;
  readonly onPick: (key: string) => void;
  readonly onLaunch: (request: RunRequest) => void;
}

/** The asset that is picked: how it is, why, what came out last, and what is around it. */
export function SidePanel({ node, nodes, onClose, onPick, onLaunch }: SidePanelProps) {
  const state = useNodeState(node.key);
  const isReadOnly = useIsReadOnly();
  const { data: asset, error } = useQuery({
    queryKey: ["asset", node.key, "detail", state?.status, state?.version],
    queryFn: ({ signal }) => getAsset({ key: node.key }, signal),
    placeholderData: (before) => (before?.key === node.key ? before : undefined),
  });
  const downstream = nodes.filter((each) => each.deps.includes(node.key)).map((each) => each.key);
  const latest = asset?.latest;
  const value = latest?.preview?.kind === "scalar" ? latest.preview.summary : null;
  return (
    <aside className={styles.panel} aria-label={`Asset ${node.key}`}>
      <div className={styles.head}>
        <h2>{node.key}</h2>
        <Button look="quiet" aria-label="Close" onClick={onClose}>
          ×
        </Button>
      </div>
      <div className={styles.section}>
        <StateIcon state={shownState(state)} label />
        {state === undefined || doingText(state) === undefined ? null : <p className={styles.why}>{doingText(state)}</p>}
        {state?.status === "failed" && state.why !== null ? (
          <p className={styles.why} data-failed>
            {state.why}
          </p>
        ) : null}
        {(asset?.reasons ?? []).slice(0, 4).map((reason) => (
          <p key={reason} className={styles.why}>
            {reason}
          </p>
        ))}
        {asset?.reasons.length === 0 && state?.why && state.status !== "failed" ? <p className={styles.why}>{state.why}</p> : null}
      </div>
      <div className={styles.actions}>
        <Link to="asset" params={{ key: node.key }}>
          Open
        </Link>
        {state?.run === null || state?.run === undefined ? null : (
          <Link to="run" params={{ id: String(state.run) }}>
            Run {state.run}
          </Link>
        )}
      </div>
      {isReadOnly || node.source ? null : (
        <div className={styles.actions}>
          <Button look="primary" onClick={() => onLaunch({ assets: [node.key], what: "all" })}>
            Materialize
          </Button>
          <Button onClick={() => onLaunch({ assets: [node.key], what: "from" })}>From here on</Button>
        </div>
      )}
      {error === null ? null : <Trouble error={error} />}
      {value === null ? null : <p className={styles.value}>{value}</p>}
      {latest === null || latest === undefined ? null : (
        <Facts
          of={[
            ["Version", `@${latest.number}`],
            ["Made", <When key="at" at={latest.made_at} />],
            ["Took", latest.seconds === null ? null : durationText(latest.seconds)],
            ["Value", value === null ? (latest.preview?.summary ?? latest.type) : null],
            ["Size", latest.bytes === null ? null : bytesText(latest.bytes)],
            ...latest.metadata
              .filter((entry) => entry.number !== null)
              .slice(0, 6)
              .map((entry) => [entry.label, numberText(entry.number ?? 0)] as const),
          ]}
        />
      )}
      {node.description === null ? null : <p>{node.description}</p>}
      <Neighbours title="Made from" keys={node.deps} onPick={onPick} />
      <Neighbours title="Goes into" keys={downstream} onPick={onPick} />
    </aside>
  );
}

function Neighbours({ title, keys, onPick }: { title: string; keys: readonly string[]; onPick: (key: string) => void }) {
  const states = useNow((now) => now.states);
  if (keys.length === 0) return null;
  return (
    <section className={styles.section}>
      <h3>{title}</h3>
      <ul className={styles.links}>
        {keys.map((key) => (
          <li key={key}>
            <button type="button" className={styles.link} onClick={() => onPick(key)}>
              <StateIcon state={shownState(states.get(key))} />
              {key}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
