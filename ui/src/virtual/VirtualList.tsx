import {
  type KeyboardEvent,
  type ReactNode,
  type Ref,
  useEffect,
  useEffectEvent,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import styles from "./VirtualList.module.css";
import { clamped, heightsOf, isScaled, keyStep, lastPosition, positionOf, rowsAt, scrollOf } from "./window";

export interface VirtualListHandle {
  /** Bring a row into view, at the top or in the middle. */
  readonly scrollTo: (index: number, where?: "top" | "middle") => void;
  /** See to it that a row is in view; nothing moves where it is. */
  readonly show: (index: number) => void;
}

export interface VirtualListProps {
  readonly count: number;
  /** In pixels; the same for every row. */
  readonly rowHeight: number;
  readonly row: (index: number) => ReactNode;
  /** What the list is, for screen readers. */
  readonly label: string;
  /** Stay at the end while rows are added, as long as the reader is there. */
  readonly follow?: boolean;
  /** Told which rows are on screen: to load what is not there yet. */
  readonly onRange?: (first: number, end: number) => void;
  readonly className?: string | undefined;
  readonly ref?: Ref<VirtualListHandle>;
}

/** Rows beyond each edge, so that a fast scroll does not show the ground. */
const SPARE = 12;

/** A list of any number of rows of one height, of which those in view exist. Fills its parent. */
export function VirtualList({ count, rowHeight, row, label, follow = false, onRange, className, ref }: VirtualListProps) {
  const element = useRef<HTMLDivElement>(null);
  const [view, setView] = useState(0);
  const [position, setPosition] = useState(0);
  const isAtEnd = useRef(true);
  const extent = { count, rowHeight, view };
  const scaled = isScaled(extent);

  const move = useEffectEvent((wanted: number) => {
    const next = clamped(wanted, extent);
    isAtEnd.current = next >= lastPosition(extent) - 2;
    setPosition(next);
    if (element.current) element.current.scrollTop = scrollOf(next, extent);
  });

  useLayoutEffect(() => {
    const list = element.current;
    if (list === null) return undefined;
    const measure = () => setView(list.clientHeight);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(list);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (view > 0 && ((follow && isAtEnd.current) || position > lastPosition({ count, rowHeight, view }))) {
      move(lastPosition({ count, rowHeight, view }));
    }
  }, [follow, count, rowHeight, view, position]);

  const wheel = useEffectEvent((event: WheelEvent) => {
    if (!scaled || event.ctrlKey || event.deltaY === 0) return;
    event.preventDefault();
    move(position + event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? rowHeight : 1));
  });
  useEffect(() => {
    const list = element.current;
    const listen = (event: WheelEvent) => wheel(event);
    list?.addEventListener("wheel", listen, { passive: false });
    return () => list?.removeEventListener("wheel", listen);
  }, []);
  // A list that has just come is asked for a row before it knows its own height.
  const height = () => element.current?.clientHeight ?? view;
  useImperativeHandle(ref, () => ({
    scrollTo: (index, where = "top") => move(index * rowHeight - (where === "middle" ? (height() - rowHeight) / 2 : 0)),
    show: (index) => {
      const top = index * rowHeight;
      if (top < position) move(top);
      else if (top + rowHeight > position + height()) move(top + rowHeight - height());
    },
  }));

  const scroll = (top: number) => {
    // Our own moves come back as scroll events; only others say something new.
    if (Math.abs(top - scrollOf(position, extent)) <= 1) return;
    const next = clamped(positionOf(top, extent), extent);
    isAtEnd.current = next >= lastPosition(extent) - 2;
    setPosition(next);
  };
  const press = (event: KeyboardEvent) => {
    const step = scaled && event.target === element.current ? keyStep(event.key, extent) : undefined;
    if (step === undefined) return;
    event.preventDefault();
    move(position + step);
  };

  const { first, end, top } = rowsAt(position, extent, SPARE);
  useEffect(() => onRange?.(first, end), [onRange, first, end]);
  const rows = [];
  for (let index = first; index < end; index++) {
    rows.push(
      <div key={index} className={styles.row} role="listitem" aria-setsize={count} aria-posinset={index + 1} style={{ height: rowHeight }}>
        {row(index)}
      </div>,
    );
  }
  return (
    <div
      ref={element}
      className={className === undefined ? styles.list : `${styles.list} ${className}`}
      role="list"
      aria-label={label}
      tabIndex={0}
      onScroll={(event) => scroll(event.currentTarget.scrollTop)}
      onKeyDown={press}
    >
      <div className={styles.length} style={{ height: heightsOf(extent).scrolled }}>
        <div className={styles.rows} style={{ transform: `translateY(${scrollOf(position, extent) + top}px)` }}>
          {rows}
        </div>
      </div>
    </div>
  );
}
