import { Suspense } from "react";
import { pageAt } from "../pages/pages";
import { usePlace } from "../router/Router";
import styles from "./App.module.css";
import { Navigation } from "./Navigation";

/** The frame around every page. A page fills the room beside the navigation and scrolls by itself. */
export function App() {
  const place = usePlace();
  return (
    <div className={styles.app}>
      <Navigation here={place?.name} />
      <main className={styles.main}>
        <Suspense fallback={<p className={styles.loading}>Loading …</p>}>{pageAt(place)}</Suspense>
      </main>
    </div>
  );
}
