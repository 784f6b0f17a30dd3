import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { type EventPage, type EventRow, getAssetEvents } from "../../api/schema";
import { Empty } from "../../parts/Empty";
import { dateText } from "../../parts/format";
import { Trouble } from "../../parts/Trouble";
import { When } from "../../parts/When";
import { Link } from "../../router/Router";
import { VirtualList } from "../../virtual/VirtualList";
import type { TabProps } from "./tab";
import styles from "./Asset.module.css";
import { versionQuery } from "./spot";
import list from "./Versions.module.css";

const NONE: readonly EventRow[] = [];

/** What the log has of the asset, newest first. */
export function EventsTab({ asset }: TabProps) {
  const found = useInfiniteQuery({
    queryKey: ["asset", asset.key, "events"],
    queryFn: ({ pageParam, signal }) => getAssetEvents({ key: asset.key, cursor: pageParam, limit: 100 }, signal),
    initialPageParam: 0,
    getNextPageParam: (page: EventPage) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    select: (data) => data.pages.flatMap((page) => page.items),
  });
  const events = found.data ?? NONE;
  if (found.error !== null) return <Trouble error={found.error} onRetry={() => void found.refetch()} />;
  if (found.isSuccess && events.length === 0) {
    return (
      <Empty title="Nothing has happened to it yet">
        <p>Versions, verdicts and observations are written to a log, and this is where they appear.</p>
      </Empty>
    );
  }
  return (
    <div className={styles.frame}>
      <VirtualList
      className={list.list}
      count={events.length + (found.hasNextPage ? 1 : 0)}
      rowHeight={32}
      label="Events"
      onRange={(_, end) => {
        if (end > events.length && found.hasNextPage && !found.isFetchingNextPage) void found.fetchNextPage();
      }}
      row={(index) => {
        const event = events[index];
        return event === undefined ? <p className={list.more}>Loading …</p> : <Line event={event} />;
      }}
    />
    </div>
  );
}

function Line({ event }: { event: EventRow }) {
  return (
    <div className={list.event}>
      <span className={styles.nothing} title={dateText(event.at)}>
        <When at={event.at} />
      </span>
      <code>{event.kind.replaceAll("_", " ")}</code>
      <span className={list.cell} title={event.text}>
        {event.text}
      </span>
      {event.version !== null && event.asset !== null ? (
        <Link to="asset" params={{ key: event.asset }} query={versionQuery({ number: event.version, partition: event.partition })}>
          @{event.version}
        </Link>
      ) : (
        <span />
      )}
      {event.run === null ? (
        <span />
      ) : (
        <Link to="run" params={{ id: String(event.run) }}>
          run {event.run}
        </Link>
      )}
    </div>
  );
}
