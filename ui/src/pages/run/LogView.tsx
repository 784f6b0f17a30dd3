import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { findInLog, getLog, type LogLine, type StepRow } from "../../api/schema";
import { say } from "../../notices/notices";
import { Button } from "../../parts/Button";
import { Empty } from "../../parts/Empty";
import { countText, dateText } from "../../parts/format";
import { Trouble } from "../../parts/Trouble";
import { doingText, useDoing } from "../../states/doing";
import { VirtualList, type VirtualListHandle } from "../../virtual/VirtualList";
import { copy } from "./copy";
import { type FoundNow, gather, NOTHING } from "./found";
import { LogFeed, plainText } from "./log";
import styles from "./LogView.module.css";

const LINE = 20;
/** Lines that are copied at most; the clipboard is no place for a gigabyte. */
const COPIED = 20_000;
const AT_ONCE = 5_000;
const GOING: ReadonlySet<StepRow["status"]> = new Set(["planned", "started", "retrying"]);

interface LogViewProps {
  readonly run: number;
  readonly step: StepRow;
}

/** What a step wrote, as it comes. */
export function LogView({ run, step }: LogViewProps) {
  const [chosen, setChosen] = useState<number>();
  const last = Math.max(1, step.attempt);
  const attempt = chosen !== undefined && chosen <= last ? chosen : last;
  const attempts = (
    <>
      {step.attempt > 1 ? (
        <select className={styles.attempt} aria-label="Attempt" value={attempt} onChange={(event) => setChosen(Number(event.target.value))}>
          {Array.from({ length: step.attempt }, (_, at) => (
            <option key={at} value={at + 1}>
              Attempt {at + 1}
            </option>
          ))}
        </select>
      ) : null}
    </>
  );
  return <AttemptLog key={`${step.step} ${attempt}`} run={String(run)} step={step} attempt={attempt} attempts={attempts} />;
}

interface AttemptLogProps {
  readonly run: string;
  readonly step: StepRow;
  readonly attempt: number;
  readonly attempts: React.ReactNode;
}

function AttemptLog({ run, step: row, attempt, attempts }: AttemptLogProps) {
  const { step, status, started_at: startedAt, why } = row;
  const said = doingText(useDoing(row, Number(run)));
  const feed = useMemo(() => new LogFeed((given, signal) => getLog({ run, step, attempt, ...given }, signal)), [run, step, attempt]);
  useEffect(() => feed.start(), [feed]);
  const { total, isClosed, error } = useSyncExternalStore(feed.watch, feed.now);
  const [text, setText] = useState("");
  const found = useFound(run, step, attempt, text, feed);
  const [open, setOpen] = useState<LogLine>();
  const list = useRef<VirtualListHandle>(null);

  const jump = async () => {
    for (let start: number | null = 0; start !== null; ) {
      const answer: { items: readonly LogLine[]; next: number | null } = await findInLog({ run, step, attempt, serious: true, start, limit: 1 });
      const hit = answer.items[0];
      if (hit !== undefined) {
        setText("");
        setOpen(hit);
        requestAnimationFrame(() => list.current?.scrollTo(hit.n, "middle"));
        return;
      }
      start = answer.next;
    }
    say("No line of this log is an error.");
  };
  const copyAll = async () => {
    const lines: LogLine[] = found === undefined ? [] : [...found.lines];
    for (let start = Math.max(0, total - COPIED); found === undefined && start < total; start += AT_ONCE) {
      lines.push(...(await getLog({ run, step, attempt, start, limit: AT_ONCE })).items);
    }
    const part = found === undefined && total > COPIED ? `The last ${countText(COPIED)} lines` : `${countText(lines.length)} lines`;
    copy(lines.map((line) => plainText(line.text)).join("\n"), part);
  };

  const count = found === undefined ? total : found.lines.length;
  const lineAt = (index: number) => (found === undefined ? feed.line(index) : found.lines[index]);
  return (
    <section className={styles.log} aria-label={`Log of ${step}`}>
      <div className={styles.bar}>
        <input
          className={styles.filter}
          type="search"
          placeholder="Lines that contain …"
          aria-label="Lines that contain"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <span className={styles.count} role="status">
          {found === undefined
            ? `${countText(total)} lines`
            : `${countText(count)} of ${countText(total)} lines${found.isLooking ? " …" : ""}`}
        </span>
        {isClosed === false && GOING.has(status) ? <span className={styles.live}>live</span> : null}
        {isClosed === false && GOING.has(status) ? <span className={styles.doing}>{said}</span> : null}
        <span className={styles.rest} />
        {attempts}
        <Button look="quiet" disabled={total === 0} onClick={() => void jump()}>
          First error
        </Button>
        <Button look="quiet" disabled={count === 0} onClick={() => void copyAll()}>
          Copy
        </Button>
        <Button look="quiet" disabled={total === 0} onClick={() => list.current?.scrollTo(count)}>
          End
        </Button>
      </div>
      {error === undefined || total > 0 ? null : <Trouble error={error} />}
      <div className={styles.room}>
        {count === 0 ? (
          isClosed === undefined ? null : (
            <Empty title={emptyTitle(status, text !== "")}>
              {text !== "" ? null : why !== null ? <p>{why}</p> : GOING.has(status) ? <p>What it prints, logs and writes to stderr appears here.</p> : null}
            </Empty>
          )
        ) : (
          <VirtualList
            ref={list}
            count={count}
            rowHeight={LINE}
            label={`Lines of ${step}`}
            follow
            onRange={(first, end) => (found === undefined ? feed.want(first, end) : undefined)}
            row={(index) => <Line line={lineAt(index)} index={index} origin={startedAt} isOpen={open !== undefined && lineAt(index)?.n === open.n} onOpen={setOpen} />}
          />
        )}
      </div>
      {open === undefined ? null : <OpenLine line={open} onClose={() => setOpen(undefined)} />}
    </section>
  );
}

function emptyTitle(status: StepRow["status"], isFiltered: boolean): string {
  if (isFiltered) return "No line contains that";
  if (status === "planned") return "This step has not begun";
  if (status === "started" || status === "retrying") return "Nothing written yet";
  if (status === "succeeded" || status === "failed") return "This step wrote nothing";
  return `This step did not run: ${status}`;
}

interface LineProps {
  readonly line: LogLine | undefined;
  readonly index: number;
  readonly origin: number | null;
  readonly isOpen: boolean;
  readonly onOpen: (line: LogLine) => void;
}

function Line({ line, index, origin, isOpen, onOpen }: LineProps) {
  if (line === undefined) return <div className={styles.line} data-missing><span className={styles.number}>{index + 1}</span></div>;
  return (
    <div
      className={styles.line}
      data-level={line.level}
      data-stream={line.stream}
      data-open={isOpen || undefined}
      onClick={() => {
        if (document.getSelection()?.isCollapsed !== false) onOpen(line);
      }}
    >
      <span className={styles.number}>{line.n + 1}</span>
      <time className={styles.at} title={dateText(line.at)}>
        {origin === null ? "" : `+${((line.at - origin) / 1e6).toFixed(2)}`}
      </time>
      <span className={styles.kind}>{kindOf(line)}</span>
      <span className={styles.text}>{plainText(line.text)}</span>
    </div>
  );
}

/** What tells lines apart: the level where it was logged, else where it was written to. */
function kindOf({ level, stream }: LogLine): string {
  return stream === "log" ? level : stream;
}

function OpenLine({ line, onClose }: { line: LogLine; onClose: () => void }) {
  const text = plainText(line.text);
  return (
    <aside className={styles.open} aria-label={`Line ${line.n + 1}`}>
      <header>
        <span>
          Line {countText(line.n + 1)} · {dateText(line.at)} · {line.level} · {line.stream}
        </span>
        <Button look="quiet" onClick={() => copy(text, "The line")}>
          Copy
        </Button>
        <Button look="quiet" aria-label="Close" onClick={onClose}>
          ×
        </Button>
      </header>
      <pre>{text}</pre>
    </aside>
  );
}

/** Milliseconds of rest before a text is looked for. */
const REST = 200;

function useFound(run: string, step: string, attempt: number, text: string, feed: LogFeed): FoundNow | undefined {
  const [now, setNow] = useState<{ text: string; found: FoundNow }>();
  useEffect(() => {
    if (text === "") return undefined;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      const total = () => ({ total: feed.now().total, isClosed: feed.now().isClosed === true });
      const look = (given: { start: number; limit: number }, signal: AbortSignal) => findInLog({ run, step, attempt, text, ...given }, signal);
      void gather(look, total, (found) => setNow({ text, found }), stop.signal);
    }, REST);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [run, step, attempt, text, feed]);
  if (text === "") return undefined;
  return now === undefined ? NOTHING : now.text === text ? now.found : { ...now.found, isLooking: true };
}
