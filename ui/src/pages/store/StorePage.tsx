import { useInfiniteQuery } from "@tanstack/react-query";
import { type Disk, getStore, type StorePage as Page } from "../../api/schema";
import { Button } from "../../parts/Button";
import { Empty } from "../../parts/Empty";
import { Facts } from "../../parts/Facts";
import { bytesText, countText, plural } from "../../parts/format";
import { Trouble } from "../../parts/Trouble";
import { Link } from "../../router/Router";
import styles from "./StorePage.module.css";

/** What the store takes on the disk, what is kept how long, and what is set. */
export default function StorePage() {
  const store = useInfiniteQuery({
    queryKey: ["store"],
    queryFn: ({ pageParam, signal }) => getStore({ start: pageParam }, signal),
    initialPageParam: 0,
    getNextPageParam: (page: Page) => page.disk_next ?? undefined,
  });
  if (store.error !== null) return <Trouble error={store.error} onRetry={() => void store.refetch()} />;
  const pages = store.data?.pages ?? [];
  const first = pages[0];
  if (first === undefined) return null;
  const disk = pages.flatMap((page) => page.disk);
  return (
    <div className={styles.page}>
      <h1>Store</h1>
      <section className={styles.card} aria-labelledby="store-kept">
        <h2 id="store-kept">What is kept</h2>
        <Bar page={first} />
        <Facts
          of={[
            ["Folder", <code key="folder">{first.folder}</code>],
            ["Versions", countText(first.versions)],
            ["Runs", countText(first.runs)],
            ["Facts in the log", countText(first.events)],
            ["Free on the disk", bytesText(first.free_bytes)],
          ]}
        />
      </section>
      <section className={styles.card} aria-labelledby="store-disk">
        <h2 id="store-disk">Disk by asset</h2>
        {disk.length === 0 ? (
          <Empty title="No version keeps a value yet">
            <p>Materialize something; what it takes is listed here, the largest first.</p>
          </Empty>
        ) : (
          <>
            <DiskTable disk={disk} />
            {store.hasNextPage ? (
              <div>
                <Button disabled={store.isFetchingNextPage} onClick={() => void store.fetchNextPage()}>
                  Show more
                </Button>
              </div>
            ) : null}
            <p className={styles.note}>
              <code>keep=</code> and <code>ttl=</code> of an asset say which versions keep their value;{" "}
              <code>tidemill gc --dry-run</code> tells what would go.
            </p>
          </>
        )}
      </section>
      <section className={styles.card} aria-labelledby="store-settings">
        <h2 id="store-settings">Settings</h2>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Setting</th>
              <th scope="col">Value</th>
              <th scope="col">From</th>
              <th scope="col">What it does</th>
            </tr>
          </thead>
          <tbody>
            {first.settings.map((setting) => (
              <tr key={setting.name}>
                <th scope="row">
                  <code>{setting.name}</code>
                </th>
                <td>
                  <code>{setting.value}</code>
                </td>
                <td>{setting.source}</td>
                <td>{setting.help}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </div>
  );
}

const PARTS = [
  { name: "Values", of: (page: Page) => page.artifact_bytes, series: 1 },
  { name: "Database", of: (page: Page) => page.database_bytes, series: 2 },
  { name: "Logs", of: (page: Page) => page.log_bytes, series: 3 },
] as const;

function Bar({ page }: { page: Page }) {
  const total = PARTS.reduce((sum, part) => sum + part.of(page), 0);
  return (
    <figure className={styles.figure}>
      <div className={styles.total}>{bytesText(total)}</div>
      <div className={styles.barOf} aria-hidden="true">
        {PARTS.map((part) => (
          <span key={part.name} data-series={part.series} style={{ flexGrow: part.of(page) }} />
        ))}
      </div>
      <figcaption className={styles.legend}>
        {PARTS.map((part) => (
          <span key={part.name} data-series={part.series}>
            {part.name} {bytesText(part.of(page))}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

function DiskTable({ disk }: { disk: readonly Disk[] }) {
  const most = Math.max(1, ...disk.map((each) => each.bytes));
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">Asset</th>
          <th scope="col" className={styles.number}>
            Size
          </th>
          <th scope="col">
            <span className="unseen">Share</span>
          </th>
          <th scope="col">Versions</th>
          <th scope="col">Kept</th>
        </tr>
      </thead>
      <tbody>
        {disk.map((each) => (
          <tr key={each.asset}>
            <th scope="row">
              <Link to="asset" params={{ key: each.asset }}>
                {each.asset}
              </Link>
            </th>
            <td className={styles.number}>{bytesText(each.bytes)}</td>
            <td className={styles.share}>
              <span style={{ width: `${(100 * each.bytes) / most}%` }} />
            </td>
            <td>
              {plural(each.versions, "version")}, {storedText(each.stored, each.versions)}
            </td>
            <td>{each.rule ?? "all, for ever"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function storedText(stored: number, versions: number): string {
  if (stored === 0) return "without a value";
  if (versions === 1) return "with its value";
  return `${stored === versions ? "all" : countText(stored)} with their values`;
}
