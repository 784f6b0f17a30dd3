import type { RunDetail } from "../../api/schema";
import { Button } from "../../parts/Button";
import { Facts } from "../../parts/Facts";
import { Link } from "../../router/Router";
import { copy } from "./copy";
import { shortSelection } from "./names";
import styles from "./RunPage.module.css";

/** What the run was given, and where it ran. */
export function Settings({ run }: { run: RunDetail }) {
  const text = JSON.stringify(run.config, null, 2);
  const isEmpty = Object.keys(run.config).length === 0;
  return (
    <div className={styles.settings}>
      <section>
        <header>
          <h3>Config</h3>
          {isEmpty ? null : (
            <Button look="quiet" onClick={() => copy(text, "The config")}>
              Copy
            </Button>
          )}
          <Link to="launch" query={{ run: String(run.number) }}>
            Launch with it
          </Link>
        </header>
        {isEmpty ? <p>None was given: everything had its default.</p> : <pre className={styles.code}>{text}</pre>}
      </section>
      <section>
        <header>
          <h3>Environment</h3>
        </header>
        <Facts of={[["Code", run.code], ["Selection", shortSelection(run.selection)], ...Object.entries(run.environment)]} />
      </section>
    </div>
  );
}
