import { ZOOM } from "./camera";
import styles from "./Graph.module.css";

/** Zoom and fit, for those without a wheel. */
export function Controls({ onZoom, onFit }: { onZoom: (factor: number) => void; onFit: () => void }) {
  return (
    <div className={styles.controls} data-aside role="group" aria-label="Zoom">
      <button type="button" aria-label="Zoom in" title="Zoom in (+)" onClick={() => onZoom(ZOOM.step)}>
        <Icon path="M8 3.5v9M3.5 8h9" />
      </button>
      <button type="button" aria-label="Zoom out" title="Zoom out (−)" onClick={() => onZoom(1 / ZOOM.step)}>
        <Icon path="M3.5 8h9" />
      </button>
      <button type="button" aria-label="Show all" title="Show all (0)" onClick={onFit}>
        <Icon path="M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3" />
      </button>
    </div>
  );
}

function Icon({ path }: { path: string }) {
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
