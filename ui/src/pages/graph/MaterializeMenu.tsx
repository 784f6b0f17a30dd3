import { useEffect, useRef, useState } from "react";
import type { GraphNode, NodeState, RunRequest } from "../../api/schema";
import { useIsReadOnly } from "../../live/hooks";
import { Button } from "../../parts/Button";
import { go } from "../../router/Router";
import { addressOf } from "../../router/routes";
import styles from "./GraphPage.module.css";
import { withDownstream } from "./model";

interface MaterializeMenuProps {
  readonly nodes: readonly GraphNode[];
  readonly states: ReadonlyMap<string, NodeState>;
  /** What is picked or filtered; undefined: nothing is, so that everything is meant. */
  readonly chosen: ReadonlySet<string> | undefined;
  readonly isBusy: boolean;
  readonly onLaunch: (request: RunRequest) => void;
}

const BEHIND = new Set(["stale", "missing", "failed", "unknown"]);

interface Item {
  readonly label: string;
  readonly count: number;
  readonly request: RunRequest;
}

/** One button for what is meant most often, and the rest behind the arrow beside it. */
export function MaterializeMenu({ nodes, states, chosen, isBusy, onLaunch }: MaterializeMenuProps) {
  const isReadOnly = useIsReadOnly();
  const [isOpen, setOpen] = useState(false);
  const menu = useRef<HTMLDivElement>(null);
  const makeable = new Set(nodes.filter((node) => !node.source).map((node) => node.key));
  const meant = [...(chosen ?? makeable)].filter((key) => makeable.has(key));
  const behind = meant.filter((key) => BEHIND.has(states.get(key)?.status ?? "unknown"));
  const assets = chosen === undefined ? {} : { assets: meant };
  const all: Item = { label: "Materialize all", count: makeable.size, request: { what: "all" } };
  const refresh: Item = { label: "What is not fresh", count: behind.length, request: { ...assets, what: "stale" } };
  const isBehind = chosen === undefined && behind.length > 0 && behind.length < meant.length;
  const main: Item = isBehind
    ? { ...refresh, label: "Refresh" }
    : chosen === undefined
      ? all
      : { label: "Materialize selected", count: meant.length, request: { ...assets, what: "all" } };
  const items: readonly Item[] = [
    ...(isBehind ? [] : [refresh]),
    ...(chosen === undefined
      ? []
      : [{ label: "From here on", count: downstreamOf(meant, nodes, makeable), request: { ...assets, what: "from" as const } }]),
    ...(main === all ? [] : [all]),
  ];

  useEffect(() => {
    if (!isOpen) return undefined;
    const close = (event: Event) => {
      const isInside = event.target instanceof Node && menu.current?.contains(event.target) === true;
      if (event instanceof KeyboardEvent ? event.key === "Escape" : !isInside) setOpen(false);
    };
    document.addEventListener("pointerdown", close);
    document.addEventListener("keydown", close);
    return () => {
      document.removeEventListener("pointerdown", close);
      document.removeEventListener("keydown", close);
    };
  }, [isOpen]);

  if (isReadOnly) return null;
  const choose = (request: RunRequest) => {
    setOpen(false);
    onLaunch(request);
  };
  return (
    <div className={styles.menu} ref={menu}>
      <Button
        look="primary"
        disabled={isBusy || main.count === 0}
        title={isBehind ? "Make what is stale, missing or failed" : undefined}
        onClick={() => choose(main.request)}
      >
        {main.label} {main === all ? null : `(${main.count})`}
      </Button>
      <Button look="primary" aria-label="More ways to materialize" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        ▾
      </Button>
      {isOpen ? (
        <ul className={styles.items} aria-label="Ways to materialize">
          {items.map((item) => (
            <li key={item.label}>
              <button type="button" className={styles.item} disabled={item.count === 0} onClick={() => choose(item.request)}>
                <span>{item.label}</span>
                <span>{item.count}</span>
              </button>
            </li>
          ))}
          <li>
            <button
              type="button"
              className={styles.item}
              onClick={() => go(addressOf("launch", {}, chosen === undefined ? {} : { assets: meant.join(",") }))}
            >
              <span>With config …</span>
              <span />
            </button>
          </li>
        </ul>
      ) : null}
    </div>
  );
}

function downstreamOf(keys: readonly string[], nodes: readonly GraphNode[], makeable: ReadonlySet<string>): number {
  return [...withDownstream(keys, nodes)].filter((key) => makeable.has(key)).length;
}
