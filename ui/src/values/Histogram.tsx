import { countText, numberText } from "../parts/format";
import { barsOf } from "./histogram";
import styles from "./Values.module.css";

const WIDTH = 480;
const HEIGHT = 110;

/** How numbers are distributed. */
export function Histogram({ edges, counts }: { edges: readonly number[]; counts: readonly number[] }) {
  const [first = 0, last = 0] = [edges[0], edges.at(-1)];
  const label = `Histogram from ${numberText(first)} to ${numberText(last)}, counts ${counts.join(", ")}`;
  return (
    <figure className={styles.histogram}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
        {barsOf(edges, counts, WIDTH, HEIGHT).map((bar) => (
          <rect key={bar.from} x={bar.x} y={bar.y} width={bar.width} height={bar.height}>
            <title>
              {numberText(bar.from)} to {numberText(bar.to)}: {countText(bar.count)}
            </title>
          </rect>
        ))}
      </svg>
      <figcaption>
        <span>{numberText(first)}</span>
        <span>{numberText(last)}</span>
      </figcaption>
    </figure>
  );
}
