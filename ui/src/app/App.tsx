import { Suspense } from "react";
import { Notices } from "../notices/notices";
import { pageAt } from "../pages/pages";
import { usePlace } from "../router/Router";
import styles from "./App.module.css";
import { Banners } from "./Banners";
import { Navigation } from "./Navigation";

/** The frame around every page. A page fills the room beside the navigation and scrolls by itself. */
export function App() {
  const place = usePlace();
  return (
    <div className={styles.app}>
      <Navigation here={place?.name} />
      <div className={styles.frame}>
        <Banners />
        <main className={styles.main}>
          <Suspense fallback={<p className={styles.loading}>Loading …</p>}>{pageAt(place)}</Suspense>
        </main>
      </div>
      <Notices />
    </div>
  );
}
