import { useState } from "react";
import { Button } from "../../parts/Button";
import { Empty } from "../../parts/Empty";
import { Trouble } from "../../parts/Trouble";
import { go, Link, useQuery } from "../../router/Router";
import { addressOf } from "../../router/routes";
import { VirtualList } from "../../virtual/VirtualList";
import { FilterBar } from "./FilterBar";
import { chosenAfter, filtersOf, isFiltered } from "./filters";
import { RunLine } from "./RunLine";
import styles from "./RunsPage.module.css";
import { useRuns } from "./useRuns";

const ROW = 48;

export function RunList() {
  const [query, change] = useQuery();
  const filters = filtersOf(query);
  const runs = useRuns(filters);
  const [chosen, setChosen] = useState<readonly number[]>([]);
  const pair = [...chosen].sort((a, b) => a - b);
  const [before, after] = pair;
  const none = { status: undefined, asset: undefined, job: undefined, tag: undefined, since: undefined, until: undefined };
  return (
    <div className={styles.page}>
      <header className={styles.top}>
        <h1>Runs</h1>
        <div className={styles.compare}>
          <span className={styles.hint} role="status">
            {chosen.length === 0 ? "Choose two to compare them" : chosen.length === 1 ? `Run ${before} and …` : ""}
          </span>
          <Button
            disabled={before === undefined || after === undefined}
            onClick={() => go(addressOf("runs", {}, { before: String(before), after: String(after) }))}
          >
            {after === undefined ? "Compare" : `Compare ${before} and ${after}`}
          </Button>
        </div>
      </header>
      <FilterBar filters={filters} onChange={change} onClear={isFiltered(filters) ? () => change(none) : undefined} />
      {runs.error !== null && runs.rows.length === 0 ? <Trouble error={runs.error} onRetry={() => void runs.refetch()} /> : null}
      <div className={styles.list}>
        {runs.rows.length > 0 ? (
          <VirtualList
            count={runs.rows.length}
            rowHeight={ROW}
            label="Runs"
            onRange={(_, end) => {
              if (end > runs.rows.length - 30 && runs.hasNextPage && !runs.isFetchingNextPage) void runs.fetchNextPage();
            }}
            row={(index) => {
              const run = runs.rows[index];
              return run === undefined ? null : (
                <RunLine run={run} isChosen={chosen.includes(run.number)} onChoose={() => setChosen(chosenAfter(chosen, run.number))} />
              );
            }}
          />
        ) : runs.isSuccess ? (
          <Nothing isFiltered={isFiltered(filters)} onClear={() => change(none)} />
        ) : null}
      </div>
    </div>
  );
}

function Nothing({ isFiltered: isNarrow, onClear }: { isFiltered: boolean; onClear: () => void }) {
  if (isNarrow) {
    return (
      <Empty title="No run matches">
        <Button onClick={onClear}>Show all runs</Button>
      </Empty>
    );
  }
  return (
    <Empty title="No runs yet">
      <p>
        Materialize something from the <Link to="graph">graph</Link>, or <Link to="launch">launch</Link> a run with config. Runs of{" "}
        <code>tidemill materialize</code> and of notebooks on this store appear here too.
      </p>
    </Empty>
  );
}
