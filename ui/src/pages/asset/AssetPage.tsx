import { lazy, Suspense, useMemo } from "react";
import type { AssetDetail } from "../../api/schema";
import { useNodeState } from "../../live/hooks";
import { Tabs } from "../../parts/Tabs";
import { Trouble } from "../../parts/Trouble";
import { go, Link, useQuery } from "../../router/Router";
import { addressOf } from "../../router/routes";
import styles from "./Asset.module.css";
import { useAsset } from "./asking";
import { ChecksTab } from "./ChecksTab";
import { CompareTab } from "./CompareTab";
import { EventsTab } from "./EventsTab";
import { Header } from "./Header";
import { Overview } from "./Overview";
import { PartitionsTab } from "./PartitionsTab";
import { PlotsTab } from "./PlotsTab";
import { queryOf, spotOf, type TabName } from "./spot";
import type { TabProps } from "./tab";
import { VersionsTab } from "./VersionsTab";
import { countText } from "../../parts/format";

const LineageTab = lazy(() => import("./LineageTab"));

/** One asset: how it is, what came out of it and when, what is around it. */
export default function AssetPage({ asset: key }: { asset: string }) {
  const { data, error, refetch } = useAsset(key);
  const live = useNodeState(key);
  const [query] = useQuery();
  const spot = useMemo(() => spotOf(query), [query]);
  if (data === undefined) {
    if (error === null) return <p className={styles.loading}>Loading {key} …</p>;
    return (
      <div className={styles.trouble}>
        <h1>{key}</h1>
        <Trouble error={error} onRetry={() => void refetch()} />
        <p>
          The <Link to="catalog">catalog</Link> lists every asset that there is.
        </p>
      </div>
    );
  }
  const state = live ?? data.state;
  const isPartitioned = data.node?.partitions != null || state.partitions !== null;
  const tabs = tabsOf(data, isPartitioned);
  const show = (tab: TabName) => go(addressOf("asset", { key }, queryOf({ tab, partition: spot.partition })));
  return (
    <div className={styles.page}>
      <Header asset={data} state={state} isPartitioned={isPartitioned} />
      <div className={styles.tabs}>
        <Tabs label={`Parts of ${key}`} tabs={tabs} current={spot.tab} onChange={show} />
      </div>
      <div className={styles.panel} role="tabpanel" aria-labelledby={`tab-${spot.tab}`} key={spot.tab}>
        <Suspense fallback={<p className={styles.loading}>Loading …</p>}>
          <Shown asset={data} spot={spot} isPartitioned={isPartitioned} />
        </Suspense>
      </div>
    </div>
  );
}

function tabsOf(asset: AssetDetail, isPartitioned: boolean): readonly { readonly name: TabName; readonly label: string }[] {
  const counted = (label: string, count: number) => (count === 0 ? label : `${label} ${countText(count)}`);
  return [
    { name: "overview", label: "Overview" },
    { name: "versions", label: counted("Versions", asset.versions) },
    { name: "compare", label: "Compare" },
    { name: "plots", label: "Plots" },
    { name: "checks", label: counted("Checks", asset.checks.length) },
    { name: "lineage", label: "Lineage" },
    ...(isPartitioned ? [{ name: "partitions", label: counted("Partitions", asset.node?.partitions ?? 0) } as const] : []),
    { name: "events", label: "Events" },
  ];
}

function Shown(props: TabProps) {
  switch (props.spot.tab) {
    case "overview":
      return <Overview {...props} />;
    case "versions":
      return <VersionsTab {...props} />;
    case "compare":
      return <CompareTab {...props} />;
    case "plots":
      return <PlotsTab {...props} />;
    case "checks":
      return <ChecksTab {...props} />;
    case "lineage":
      return <LineageTab {...props} />;
    case "partitions":
      return <PartitionsTab {...props} />;
    case "events":
      return <EventsTab {...props} />;
  }
}
