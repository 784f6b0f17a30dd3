import type { StepRow } from "../../api/schema";
import { Facts } from "../../parts/Facts";
import { bytesText, dateText, durationText } from "../../parts/format";
import { Status } from "../../parts/Status";
import { Link } from "../../router/Router";
import { VersionLink } from "./Outcome";
import styles from "./RunPage.module.css";

/** What is known of a step. */
export function StepFacts({ step, onSelect }: { step: StepRow; onSelect: (step: string) => void }) {
  const both = step.started_at !== null && step.finished_at !== null;
  return (
    <div className={styles.facts}>
      <Facts
        of={[
          ["State", <Status key="state" status={step.status} />],
          ["Why", step.why],
          ["Makes", step.assets.length === 0 ? null : step.assets.slice(0, 20).map((key) => <AssetLink key={key} asset={key} />)],
          ["Partition", step.partition],
          ["Made", step.made.length === 0 ? null : step.made.map((version) => <VersionLink key={version.id} version={version} />)],
          [
            "Waits for",
            step.deps.length === 0
              ? null
              : step.deps.map((dep) => (
                  <button key={dep} type="button" className={styles.link} onClick={() => onSelect(dep)}>
                    {dep}
                  </button>
                )),
          ],
          ["Began", step.started_at === null ? null : dateText(step.started_at)],
          ["Ended", step.finished_at === null ? null : dateText(step.finished_at)],
          ["Own code took", step.seconds === null ? null : durationText(step.seconds)],
          ["In all", both ? durationText(((step.finished_at ?? 0) - (step.started_at ?? 0)) / 1e6) : null],
          ["Attempts", step.attempt > 1 ? step.attempt : null],
          ["Processor", step.cpu === null ? null : durationText(step.cpu)],
          ["Memory", step.memory === null ? null : bytesText(step.memory)],
          ["Log", step.log_bytes === 0 ? null : bytesText(step.log_bytes)],
        ]}
      />
    </div>
  );
}

function AssetLink({ asset }: { asset: string }) {
  return (
    <Link to="asset" params={{ key: asset }} className={styles.version}>
      {asset}
    </Link>
  );
}
