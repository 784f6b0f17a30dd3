import { useNow } from "../live/hooks";
import { ProblemCard } from "../parts/Trouble";
import styles from "./App.module.css";

/** What holds for every page: the server is gone, the code is broken, nothing may be asked for. */
export function Banners() {
  const connection = useNow((now) => now.connection);
  const code = useNow((now) => now.code);
  return (
    <>
      {connection === "lost" ? (
        <p className={styles.banner} data-look="lost" role="status">
          The server does not answer; this page shows what it last said, and asks again every second.
        </p>
      ) : null}
      {code?.status === "broken" && code.problem !== null ? (
        <details className={styles.broken}>
          <summary>The code cannot be imported: the page shows the definitions from before. {code.problem.found}</summary>
          <ProblemCard problem={code.problem} traceback={code.traceback} />
        </details>
      ) : null}
    </>
  );
}
