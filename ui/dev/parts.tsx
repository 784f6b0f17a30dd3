/** Charts and lists to look at: `npm run dev`, then `/dev/parts.html`. */
import { useState } from "react";
import { createRoot } from "react-dom/client";
import "../src/tokens.css";
import "../src/base.css";
import { MetricChart } from "../src/charts/MetricChart";
import type { Series } from "../src/charts/series";
import { StateIcon } from "../src/states/StateIcon";
import { STATES } from "../src/states/states";
import { VirtualList } from "../src/virtual/VirtualList";
import { random } from "./graphs";

const query = new URLSearchParams(location.search);
const theme = query.get("theme");
if (theme !== null) document.documentElement.dataset.theme = theme;
const count = Number(query.get("points") ?? 40);

function metric(id: string, base: number, seed: number): Series {
  const draw = random(seed);
  let value = base;
  const points = Array.from({ length: count }, (_, at) => {
    value += (draw() - 0.46) * 0.03;
    const y = at === 12 ? Number.NaN : at === 25 && seed === 2 ? Number.POSITIVE_INFINITY : value;
    return { x: Date.UTC(2026, 8, 1) + at * 86_400_000 * (40 / count), y, id: `${id} ${at}` };
  });
  return { id, name: id, points };
}

const SERIES = [metric("R² on the test set", 0.32, 1), metric("R² of the baseline", 0.28, 2), metric("R² last week", 0.22, 3)];
const VERSIONS = [{ ...metric("mean absolute error", 3.2, 7), points: metric("e", 3.2, 7).points.map((point, at) => ({ ...point, x: at + 1 })) }];

function Parts() {
  const [chosen, setChosen] = useState<string>();
  const line = (at: number) => `${String(at + 1).padStart(8)}  2026-11-26 04:29:50.${String(at % 1000).padStart(3, "0")}  trained tree ${at}`;
  return (
    <main style={{ display: "grid", gap: 24, padding: 24, maxWidth: 900, height: "100vh", gridTemplateRows: "auto auto auto 1fr" }}>
      <p style={{ display: "flex", gap: 20 }}>{STATES.map((state) => <StateIcon key={state} state={state} label />)}</p>
      <MetricChart label="R² over time" axis="time" series={SERIES} selected={chosen} onPoint={(point) => setChosen(point.id)} />
      <MetricChart label="Error by version" axis="version" series={VERSIONS} height={150} selected={chosen} onPoint={(point) => setChosen(point.id)} />
      <div style={{ border: "1px solid var(--line)", borderRadius: 8, background: "var(--surface)", minHeight: 0 }}>
        <VirtualList count={Number(query.get("rows") ?? 1_000_000)} rowHeight={20} label="Log" row={(at) => <code style={{ whiteSpace: "pre" }}>{line(at)}</code>} />
      </div>
    </main>
  );
}

performance.mark("graph:given");
const root = document.getElementById("page");
if (root !== null) createRoot(root).render(<Parts />);
requestAnimationFrame(() => requestAnimationFrame(() => performance.mark("graph:painted")));
