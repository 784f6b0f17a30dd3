import type { AssetDetail, NodeState } from "../../api/schema";
import { useIsReadOnly } from "../../live/hooks";
import { Button } from "../../parts/Button";
import { When } from "../../parts/When";
import { useLaunch } from "../../requests/useRequests";
import { go, Link } from "../../router/Router";
import { addressOf } from "../../router/routes";
import { doingText } from "../../states/doing";
import { StateIcon } from "../../states/StateIcon";
import { shownState } from "../graph/model";
import styles from "./Asset.module.css";
import { copy } from "./copying";
import { keyExpression } from "./expressions";
import { queryOf } from "./spot";

interface HeaderProps {
  readonly asset: AssetDetail;
  readonly state: NodeState;
  readonly isPartitioned: boolean;
}

/** Its name, how it is and why, and what can be asked for. */
export function Header({ asset, state, isPartitioned }: HeaderProps) {
  return (
    <header className={styles.header}>
      <div className={styles.naming}>
        <h1>{asset.key}</h1>
        <p className={styles.standing}>
          <StateIcon state={shownState(state)} label />
          <Why asset={asset} state={state} />
        </p>
      </div>
      <Actions asset={asset} isPartitioned={isPartitioned} />
    </header>
  );
}

function Why({ asset, state }: { asset: AssetDetail; state: NodeState }) {
  const isBusy = state.status === "running" || state.status === "queued";
  const why = isBusy || state.status === "fresh" ? null : (state.why ?? asset.reasons[0]);
  return (
    <>
      {why ? (
        <span className={styles.reason} title={why}>
          {why}
        </span>
      ) : null}
      {state.run === null ? null : (
        <Link to="run" params={{ id: String(state.run) }}>
          run {state.run}
        </Link>
      )}
      {state.progress === null || !isBusy ? null : (
        <progress value={state.progress} aria-label="Progress">
          {Math.round(state.progress * 100)} %
        </progress>
      )}
      {isBusy ? <span className={styles.made}>{doingText(state)}</span> : null}
      {isBusy && state.started_at !== null ? <When at={state.started_at} /> : null}
      {isBusy || state.at === null ? null : (
        <span className={styles.made}>
          made <When at={state.at} />
        </span>
      )}
      {asset.defined ? null : <span className={styles.made}>not in the code that is loaded</span>}
    </>
  );
}

function Actions({ asset, isPartitioned }: { asset: AssetDetail; isPartitioned: boolean }) {
  const isReadOnly = useIsReadOnly();
  const launch = useLaunch();
  const { key, source } = asset;
  const isMakeable = asset.defined && !isReadOnly && asset.node?.source === false;
  return (
    <div className={styles.actions}>
      {source === null ? null : <SourceButton place={`${source.file}:${source.line}`} />}
      <Link to="graph" query={{ select: keyExpression(key) }} className={styles.quiet}>
        In the graph
      </Link>
      {!isMakeable ? null : (
        <>
          <Link to="launch" query={{ assets: key }} className={styles.quiet}>
            With config …
          </Link>
          {isPartitioned ? (
            <Button look="primary" onClick={() => go(addressOf("asset", { key }, queryOf({ tab: "partitions" })))}>
              Materialize partitions …
            </Button>
          ) : (
            <>
              <Button disabled={launch.isPending} onClick={() => launch.mutate({ assets: [key], what: "from" })}>
                From here on
              </Button>
              <Button look="primary" disabled={launch.isPending} onClick={() => launch.mutate({ assets: [key], what: "all" })}>
                Materialize
              </Button>
            </>
          )}
        </>
      )}
    </div>
  );
}

/** A page cannot open an editor; what it can do is put the place where editors and terminals take it from. */
function SourceButton({ place }: { place: string }) {
  return (
    <Button look="quiet" onClick={() => void copy(place)} title="Copy the place in the source">
      <code>{place}</code>
    </Button>
  );
}
