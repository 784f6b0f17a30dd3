import { type CSSProperties, type KeyboardEvent, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { RunDetail, StepRow } from "../../api/schema";
import { bytesText, dateText, durationText } from "../../parts/format";
import { Status } from "../../parts/Status";
import { doingText, useDoing } from "../../states/doing";
import { VirtualList, type VirtualListHandle } from "../../virtual/VirtualList";
import styles from "./Gantt.module.css";
import { type Bar, barsOf, lengthOf, type Retries, tickStep, tickText } from "./gantt";
import { setProperties, useFrames } from "./useClock";

export const ROW = 26;
export const AXIS = 26;
/** Width of the names in pixels, and the room right of the axis. */
const NAMES = 232;
const REST = 104;

interface GanttProps {
  readonly run: RunDetail;
  readonly rows: readonly StepRow[];
  readonly retries: Retries;
  readonly selected: string | undefined;
  readonly onSelect: (step: string) => void;
}

/** The steps of a run as bars over its seconds. The axis moves by one property of the style, so that nothing is drawn
 * again while it grows. */
export function Gantt({ run, rows, retries, selected, onSelect }: GanttProps) {
  const frame = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualListHandle>(null);
  const [width, setWidth] = useState(0);
  const [ticks, setTicks] = useState<readonly number[]>([]);
  const [hovered, setHovered] = useState<{ bar: Bar; x: number; y: number }>();
  const origin = run.started_at ?? run.created_at;
  const bars = useMemo(() => barsOf(rows, origin, retries), [rows, origin, retries]);
  const index = rows.findIndex((row) => row.step === selected);

  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    setWidth(element.clientWidth);
    return () => observer.disconnect();
  }, []);
  const draw = (now: number) => {
    const elapsed = Math.max(0, ((run.finished_at ?? now) - origin) / 1e6);
    const room = Math.max(1, width - NAMES - REST);
    const length = lengthOf(elapsed, run.live);
    setProperties(frame, { "--scale": `${room / length}px`, "--now": String(elapsed) });
    const step = tickStep(length, Math.max(2, room / 90));
    const marks = Array.from({ length: Math.floor(length / step) + 1 }, (_, at) => at * step);
    if (marks.length !== ticks.length || marks[1] !== ticks[1]) setTicks(marks);
  };
  useFrames(run.live, draw);
  useEffect(() => draw(Date.now() * 1000));
  useEffect(() => {
    if (index >= 0) list.current?.show(index);
  }, [index]);

  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const next = step === undefined ? undefined : rows[Math.min(rows.length - 1, Math.max(0, index + step))];
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onSelect(next.step);
  };
  return (
    <div className={styles.gantt} ref={frame} onKeyDownCapture={press} onPointerLeave={() => setHovered(undefined)}>
      <div className={styles.axis} aria-hidden="true">
        {ticks.map((at) => (
          <span key={at} className={styles.tick} style={{ "--at": at } as CSSProperties}>
            {tickText(at, ticks[1] ?? 1)}
          </span>
        ))}
      </div>
      <div className={styles.lines} aria-hidden="true">
        {ticks.map((at) => (
          <span key={at} className={styles.line} style={{ "--at": at } as CSSProperties} />
        ))}
        {run.live && run.started_at !== null ? <span className={styles.now} /> : null}
      </div>
      <div className={styles.rows}>
        <VirtualList
          ref={list}
          count={bars.length}
          rowHeight={ROW}
          label="Steps"
          row={(at) => {
            const bar = bars[at];
            return bar === undefined ? null : (
              <GanttRow
                bar={bar}
                run={run.number}
                isSelected={bar.row.step === selected}
                onSelect={onSelect}
                onHover={(x, y) => setHovered({ bar, x, y })}
              />
            );
          }}
        />
      </div>
      {hovered === undefined ? null : <Card {...hovered} bar={bars.find((bar) => bar.row.step === hovered.bar.row.step) ?? hovered.bar} />}
    </div>
  );
}

interface GanttRowProps {
  readonly bar: Bar;
  readonly run: number;
  readonly isSelected: boolean;
  readonly onSelect: (step: string) => void;
  readonly onHover: (x: number, y: number) => void;
}

function GanttRow({ bar, run, isSelected, onSelect, onHover }: GanttRowProps) {
  const { row } = bar;
  return (
    <button
      type="button"
      className={styles.row}
      aria-pressed={isSelected}
      tabIndex={isSelected ? 0 : -1}
      onClick={() => onSelect(row.step)}
      onPointerMove={(event) => onHover(event.clientX, event.clientY)}
    >
      <span className={styles.name}>
        <span className={styles.icon} aria-hidden="true">
          <Status status={row.status} label={false} />
        </span>
        <span className={styles.step}>{row.step}</span>
        <span className="unseen">: {inWords(row)}</span>
      </span>
      <span className={styles.lane} aria-hidden="true">
        {bar.ready === undefined ? null : (
          <span className={styles.waiting} style={{ "--from": bar.ready, "--to": bar.attempts[0]?.start ?? bar.ready } as CSSProperties} />
        )}
        {bar.attempts.map((attempt, at) => (
          <span
            key={attempt.start}
            className={styles.bar}
            data-state={attempt.isLast ? row.status : "failed"}
            data-part={attempt.isLast ? undefined : "retried"}
            data-live={attempt.end === undefined || undefined}
            style={{ "--from": attempt.start, "--to": attempt.end ?? "var(--now)" } as CSSProperties}
          >
            {attempt.end === undefined ? <Going row={row} run={run} /> : null}
            {at === bar.attempts.length - 1 && attempt.end !== undefined ? <span className={styles.took}>{took(row)}</span> : null}
          </span>
        ))}
        {bar.mark === undefined ? null : (
          <span className={styles.mark} data-state={row.status} style={{ "--from": bar.mark } as CSSProperties}>
            <span className={styles.took}>{row.status}</span>
          </span>
        )}
      </span>
    </button>
  );
}

/** How far a step that runs is: the part of its bar, and its words beside it. */
function Going({ row, run }: { row: StepRow; run: number }) {
  const said = useDoing(row, run);
  return (
    <>
      {said.progress === null ? null : <span className={styles.done} style={{ width: `${said.progress * 100}%` }} />}
      <span className={styles.took}>{doingText(said)}</span>
    </>
  );
}

function inAll(row: StepRow): string {
  return row.started_at === null || row.finished_at === null ? "" : durationText((row.finished_at - row.started_at) / 1e6);
}

function took(row: StepRow): string {
  const time = inAll(row);
  return time === "" || row.attempt < 2 ? time : `${time} · ${row.attempt} attempts`;
}

function inWords(row: StepRow): string {
  const time = took(row);
  return `${row.status}${time === "" ? "" : `, ${time}`}`;
}

function Card({ bar: { row, ready, attempts }, x, y }: { bar: Bar; x: number; y: number }) {
  const waited = ready === undefined ? undefined : (attempts[0]?.start ?? ready) - ready;
  const facts = [
    ["Began", row.started_at === null ? undefined : dateText(row.started_at).slice(11)],
    ["Took", inAll(row)],
    ["Own code", row.seconds === null ? undefined : durationText(row.seconds)],
    ["Waited", waited === undefined ? undefined : durationText(waited)],
    ["Attempt", row.attempt > 1 ? String(row.attempt) : undefined],
    ["Memory", row.memory === null ? undefined : bytesText(row.memory)],
    ["Processor", row.cpu === null ? undefined : durationText(row.cpu)],
    ["Partition", row.partition ?? undefined],
    ["Why", row.why ?? undefined],
    ["Error", row.error?.message.split("\n")[0]],
  ].filter(([, value]) => value !== undefined && value !== "");
  const isLeft = x > window.innerWidth - 320;
  return (
    <div className={styles.card} data-left={isLeft || undefined} style={{ left: x, top: y }} role="presentation">
      <div className={styles.title}>
        <strong>{row.step}</strong>
        <Status status={row.status} />
      </div>
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
