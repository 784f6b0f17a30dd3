/** Looking at the graph without a server: `npm run dev`, then `/dev/?sample=guide` (or 300, 1000, 10000; `&per=25`). */
import { StrictMode, useEffect, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";
import "../src/tokens.css";
import "../src/base.css";
import { GraphCanvas } from "../src/graph/GraphCanvas";
import type { NodeStatus } from "../src/graph/model";
import { generated, guide } from "./graphs";

const query = new URLSearchParams(location.search);
const theme = query.get("theme");
if (theme !== null) document.documentElement.dataset.theme = theme;

function Demo() {
  const sample = useMemo(() => {
    const wanted = query.get("sample") ?? "guide";
    return wanted === "guide" ? guide() : generated(Number(wanted), Number(query.get("per") ?? 0));
  }, []);
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set());
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set(query.getAll("fold")));
  const [statuses, setStatuses] = useState<ReadonlyMap<string, NodeStatus>>(sample.statuses);
  const [opened, setOpened] = useState("");
  useEffect(() => {
    Object.assign(window, {
      setState: (id: string, status: NodeStatus) => setStatuses((before) => new Map(before).set(id, status)),
    });
  }, []);
  return (
    <main style={{ height: "100vh" }} data-opened={opened} data-selected={[...selection].join(" ")}>
      <GraphCanvas
        {...sample}
        statuses={statuses}
        selection={selection}
        onSelect={setSelection}
        onOpen={setOpened}
        folded={folded}
        onFold={(group, isFolded) => {
          const next = new Set(folded);
          if (isFolded) next.add(group);
          else next.delete(group);
          setFolded(next);
        }}
        matches={query.has("match") ? new Set(sample.nodes.map((node) => node.id).filter((id) => id.includes(query.get("match") ?? ""))) : undefined}
      />
    </main>
  );
}

performance.mark("graph:given");
const root = document.getElementById("page");
if (root !== null) createRoot(root).render(<StrictMode><Demo /></StrictMode>);
