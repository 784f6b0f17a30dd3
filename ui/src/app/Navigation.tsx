import { Link } from "../router/Router";
import type { RouteName } from "../router/routes";
import { type Choice, choose, useChoice } from "../theme/theme";
import styles from "./App.module.css";

const ENTRIES = [
  { to: "graph", label: "Graph", icon: "M3 8h4m2 0c3 0 1-4 4-4M9 8c3 0 1 4 4 4" },
  { to: "catalog", label: "Catalog", icon: "M3 4h10M3 8h10M3 12h10" },
  { to: "runs", label: "Runs", icon: "M2.5 4h6M5 8h6M7.5 12h6" },
  { to: "launch", label: "Launch", icon: "M5.5 3.5v9l7-4.5z" },
  { to: "store", label: "Store", icon: "M3 4c0-2 10-2 10 0s-10 2-10 0v8c0 2 10 2 10 0V4M3 8c0 2 10 2 10 0" },
] as const;

const THEMES: Readonly<Record<Choice, { next: Choice; label: string; icon: string }>> = {
  system: { next: "light", label: "Theme: as the system", icon: "M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11" },
  light: { next: "dark", label: "Theme: light", icon: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15" },
  dark: { next: "system", label: "Theme: dark", icon: "M13 9.5A5.5 5.5 0 1 1 6.5 3a4.5 4.5 0 0 0 6.5 6.5z" },
};

/** Which entry a page belongs to: an asset is reached from the graph, a run from the runs. */
const HOME: Partial<Record<RouteName, RouteName>> = { asset: "catalog", run: "runs" };

export function Navigation({ here }: { here: RouteName | undefined }) {
  const theme = THEMES[useChoice()];
  const current = here === undefined ? undefined : (HOME[here] ?? here);
  return (
    <nav className={styles.navigation} aria-label="Pages">
      <img className={styles.mark} src="/icon.svg" alt="Tidemill" width="32" height="32" />
      {ENTRIES.map(({ to, label, icon }) => (
        <Link key={to} to={to} className={styles.entry} aria-current={current === to ? "page" : undefined}>
          <Icon path={icon} />
          {label}
        </Link>
      ))}
      <button type="button" className={styles.theme} onClick={() => choose(theme.next)} aria-label={theme.label} title={theme.label}>
        <Icon path={theme.icon} />
      </button>
    </nav>
  );
}

function Icon({ path }: { path: string }) {
  return (
    <svg className={styles.icon} width="20" height="20" viewBox="0 0 16 16" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
