import type { AssetDetail } from "../../api/schema";
import { useNow } from "../../live/hooks";
import { Facts } from "../../parts/Facts";
import { bytesText, countText, plural } from "../../parts/format";
import { Link } from "../../router/Router";
import { StateIcon } from "../../states/StateIcon";
import { Markdown } from "../../values/Markdown";
import { MetadataList } from "../../values/MetadataList";
import { shownState } from "../graph/model";
import styles from "./Asset.module.css";
import { fieldsOf } from "./config";

/** What the asset is, as the code says, and what is around it. */
export function Definition({ asset }: { asset: AssetDetail }) {
  const { node } = asset;
  return (
    <div className={styles.stack}>
      <section className={styles.card} aria-labelledby="definition">
        <h2 id="definition">Definition</h2>
        {node?.description ? <Markdown text={node.description} /> : null}
        <Facts
          of={[
            ["Type", asset.type === null ? null : <code key="type">{asset.type}</code>],
            ["Group", node === null ? null : node.group],
            ["Kinds", node === null || node.kinds.length === 0 ? null : node.kinds.join(", ")],
            ["Owners", node === null || node.owners.length === 0 ? null : node.owners.join(", ")],
            ["Tags", node === null || tagsOf(node.tags).length === 0 ? null : <Tags key="tags" of={node.tags} />],
            ["Source", asset.source === null ? null : <code key="source">{`${asset.source.file}:${asset.source.line}`}</code>],
            ["Step", node?.unit && node.unit !== asset.key ? <code key="step">{node.unit}</code> : null],
            ["IO manager", asset.io_manager === USUAL_MANAGER ? null : asset.io_manager],
            ["Partitions", asset.partitions],
            ["Automation", asset.automation],
            ["Fresh when", asset.freshness],
            ["Keeps", asset.retention],
            ["Jobs", node === null || node.jobs.length === 0 ? null : node.jobs.join(", ")],
            ["On disk", asset.bytes === 0 ? null : `${bytesText(asset.bytes)} in ${plural(asset.versions, "version")}`],
          ]}
        />
      </section>
      {asset.unseen.length === 0 ? null : (
        <section className={styles.card} data-look="stale" aria-labelledby="unseen-code">
          <h2 id="unseen-code">What its fingerprint does not see</h2>
          <ul className={styles.reasons}>
            {asset.unseen.map((unseen) => (
              <li key={unseen}>{unseen}</li>
            ))}
          </ul>
        </section>
      )}
      <Neighbours title="Made from" keys={asset.upstream} />
      <Neighbours title="Goes into" keys={asset.downstream} />
      {asset.config_schema === null ? null : <ConfigFields schema={asset.config_schema} defaults={asset.config_defaults} />}
      {asset.metadata.length === 0 ? null : (
        <section className={styles.card} aria-labelledby="own-metadata">
          <h2 id="own-metadata">Metadata of the definition</h2>
          <MetadataList entries={asset.metadata} />
        </section>
      )}
    </div>
  );
}

/** The one that an asset has that names none. */
const USUAL_MANAGER = "io_manager";

/** Its tags without those that repeat its kinds. */
function tagsOf(tags: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(tags).filter(([name]) => !name.startsWith("dagster/kind/"));
}

function Tags({ of }: { of: Readonly<Record<string, string>> }) {
  return (
    <span className={styles.chips}>
      {tagsOf(of).map(([name, value]) => (
        <code key={name} className={styles.chip}>
          {value === "" ? name : `${name}=${value}`}
        </code>
      ))}
    </span>
  );
}

const SHOWN = 12;

function Neighbours({ title, keys }: { title: string; keys: readonly string[] }) {
  const states = useNow((now) => now.states);
  if (keys.length === 0) return null;
  return (
    <section className={styles.card} aria-label={title}>
      <h2>{title}</h2>
      <ul className={styles.neighbours}>
        {keys.slice(0, SHOWN).map((key) => (
          <li key={key}>
            <StateIcon state={shownState(states.get(key))} />
            <Link to="asset" params={{ key }}>
              {key}
            </Link>
            <span className={styles.nothing}>{states.get(key)?.value}</span>
          </li>
        ))}
      </ul>
      {keys.length > SHOWN ? <p className={styles.nothing}>and {countText(keys.length - SHOWN)} more: see the lineage</p> : null}
    </section>
  );
}

type Json = Readonly<Record<string, unknown>>;

function ConfigFields({ schema, defaults }: { schema: Json; defaults: Json }) {
  const fields = fieldsOf(schema, defaults);
  if (fields.length === 0) return null;
  return (
    <section className={styles.card} aria-labelledby="config">
      <h2 id="config">Config</h2>
      <dl className={styles.fields}>
        {fields.map((field) => (
          <div key={field.name}>
            <dt>
              <code>{field.name}</code> <span className={styles.nothing}>{field.type}</span>
              {field.default === undefined ? null : <code className={styles.default}>{field.default}</code>}
              {field.isRequired ? <span className={styles.default}>required</span> : null}
            </dt>
            {field.description === undefined ? null : <dd>{field.description}</dd>}
          </div>
        ))}
      </dl>
    </section>
  );
}
