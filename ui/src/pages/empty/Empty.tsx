import { Link } from "../../router/Router";
import styles from "./Empty.module.css";

/** An address without a page. */
export default function Empty() {
  return (
    <section className={styles.empty}>
      <h1>There is nothing here</h1>
      <p>
        <code>{location.pathname}</code> is no page of this version. The <Link to="graph">graph</Link> shows every asset, the{" "}
        <Link to="runs">runs</Link> everything that happened.
      </p>
    </section>
  );
}
