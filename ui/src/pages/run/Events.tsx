import { useEffect, useEffectEvent, useState } from "react";
import { type EventRow, getRunEvents, type RunDetail } from "../../api/schema";
import { useEvents } from "../../live/hooks";
import { dateText } from "../../parts/format";
import { Trouble } from "../../parts/Trouble";
import { VirtualList } from "../../virtual/VirtualList";
import styles from "./RunPage.module.css";

const PAGE = 1_000;

/** The facts of the log that are of this run, oldest first. */
export function Events({ run, onSelect }: { run: RunDetail; onSelect: (step: string) => void }) {
  const { events, more, error } = useRunEvents(run.number);
  const origin = run.created_at;
  if (error !== undefined) return <Trouble error={error} />;
  return (
    <VirtualList
      count={events.length}
      rowHeight={24}
      label="Facts of the run"
      follow={run.live}
      onRange={(_, end) => (end > events.length - 100 ? more() : undefined)}
      row={(index) => {
        const event = events[index];
        return event === undefined ? null : (
          <div className={styles.event} data-trouble={/failed|retrying/.test(event.kind) || undefined}>
            <time title={dateText(event.at)}>+{((event.at - origin) / 1e6).toFixed(3)}</time>
            <span className={styles.kind}>{event.kind.replaceAll("_", " ")}</span>
            {event.step === null ? (
              <span>{event.text}</span>
            ) : (
              <button type="button" className={styles.link} onClick={() => onSelect(event.step ?? "")}>
                {event.text}
              </button>
            )}
          </div>
        );
      }}
    />
  );
}

interface Known {
  readonly events: readonly EventRow[];
  /** Whether nothing is behind the last of them. */
  readonly isWhole: boolean;
  readonly error: unknown;
}

function useRunEvents(run: number) {
  const [known, setKnown] = useState<Known>({ events: [], isWhole: false, error: undefined });
  const [wanted, setWanted] = useState(0);
  const place = useEffectEvent(() => known.events.at(-1)?.seq ?? 0);
  useEffect(() => {
    const stop = new AbortController();
    getRunEvents({ run: String(run), after: place(), limit: PAGE }, stop.signal).then(
      (page) => setKnown((before) => ({ events: joined(before.events, page.items), isWhole: page.next === null, error: undefined })),
      (error: unknown) => {
        if (!stop.signal.aborted) setKnown((before) => ({ ...before, error }));
      },
    );
    return () => stop.abort();
  }, [run, wanted]);
  useEvents((event) => {
    if (event.run !== run) return;
    setKnown((before) => (before.isWhole ? { ...before, events: joined(before.events, [event]) } : before));
  });
  const more = () => {
    if (!known.isWhole && known.events.length > 0) setWanted(known.events.length);
  };
  return { events: known.events, more, error: known.error };
}

/** Facts behind those that are known. */
function joined(before: readonly EventRow[], more: readonly EventRow[]): readonly EventRow[] {
  const last = before.at(-1)?.seq ?? 0;
  return [...before, ...more.filter((event) => event.seq > last)];
}
