import { useMutation } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { ApiError } from "../../api/client";
import { createRun, type LaunchForm, type LaunchUnit, type RunDetail } from "../../api/schema";
import { useNow } from "../../live/hooks";
import { Button } from "../../parts/Button";
import { Empty } from "../../parts/Empty";
import { Tabs } from "../../parts/Tabs";
import { Trouble } from "../../parts/Trouble";
import { go, Link, useQuery } from "../../router/Router";
import { addressOf } from "../../router/routes";
import { shownTags } from "../run/names";
import { asLast, partitionsOf, placeOf, type Problems, problemsOf, type Section, valueAt, withValue } from "./draft";
import { ProblemsAt, UnitFields } from "./fields";
import styles from "./LaunchPage.module.css";
import { JsonView } from "./JsonView";
import { isObject, type JsonObject, shapeOf } from "./shape";
import { Side } from "./Side";
import { Target } from "./Target";
import { asked, targetOf } from "./target";
import { useCheck, useForm, useJobs } from "./useLaunchPage";

type View = "form" | "json";

const VIEWS = [
  { name: "form", label: "Form" },
  { name: "json", label: "JSON" },
] as const;

const EVERYTHING = "*";

/** The form; where a run is to be launched again, filled with what it was given. */
export function Launcher({ again }: { again: RunDetail | undefined }) {
  const [query, change] = useQuery();
  const nodes = useNow((now) => now.graph?.nodes);
  const jobs = useJobs();
  const target = targetOf(query, again, nodes?.length === 0 ? jobs?.[0]?.name : undefined);
  const form = useForm(target, nodes !== undefined && (nodes.length > 0 || jobs !== undefined));
  const [config, setConfig] = useState<JsonObject>(() => (again?.config ?? {}) as JsonObject);
  const [tags, setTags] = useState<readonly (readonly [string, string])[]>(() => shownTags(again?.tags ?? {}));
  const [partitions, setPartitions] = useState(again?.partition ?? "");
  const [view, setView] = useState<View>("form");
  const check = useCheck(target, config, form.data !== undefined);
  const problems = useMemo(() => problemsOf(check.problems), [check.problems]);
  const launch = useMutation({
    mutationFn: () =>
      createRun({
        ...asked(target),
        config,
        tags: Object.fromEntries(tags.filter(([name]) => name.trim() !== "")),
        partitions: partitionsOf(partitions).length === 0 ? null : partitionsOf(partitions),
      }),
    onSuccess: ({ number }) => {
      if (number !== null) go(addressOf("run", { id: String(number) }));
    },
  });
  const retarget = (changes: Record<string, string | undefined>) => {
    launch.reset();
    // Nothing selected is everything; beside `?run=` that has to be said.
    const select = changes["select"] === "" && again !== undefined ? EVERYTHING : changes["select"];
    change({ assets: undefined, job: undefined, ...changes, select });
  };
  return (
    <div className={styles.page}>
      <div className={styles.main}>
        <header className={styles.header}>
          <h1>Launch</h1>
          {again === undefined ? null : (
            <span className={styles.dim}>
              as{" "}
              <Link to="run" params={{ id: String(again.number) }}>
                run {again.number}
              </Link>
            </span>
          )}
        </header>
        <Target target={target} nodes={nodes ?? []} count={form.data?.assets.length} error={form.error} onChange={retarget} />
        {form.error !== null && form.data === undefined ? <Trouble error={form.error} onRetry={() => void form.refetch()} /> : null}
        {form.data === undefined ? null : (
          <>
            <div className={styles.views}>
              <Tabs label="How the config is written" tabs={VIEWS} current={view} onChange={setView} />
              <div className={styles.fill}>
                {form.data.last_run === null ? null : (
                  <Button onClick={() => setConfig(asLast(form.data))}>As in run {form.data.last_run}</Button>
                )}
                <Button disabled={Object.keys(config).length === 0} onClick={() => setConfig({})}>
                  All defaults
                </Button>
              </div>
            </div>
            <div role="tabpanel" aria-labelledby={`tab-${view}`}>
              {view === "json" ? (
                <JsonView config={config} problems={check.problems} onChange={setConfig} />
              ) : (
                <ProblemsAt value={problems}>
                  <Units form={form.data} config={config} problems={problems} onChange={setConfig} />
                </ProblemsAt>
              )}
            </div>
          </>
        )}
      </div>
      <Side
        form={form.data}
        problems={problems}
        isChecked={check.isCurrent}
        isBusy={launch.isPending}
        onLaunch={() => launch.mutate()}
        tags={tags}
        onTags={setTags}
        partitions={partitions}
        onPartitions={setPartitions}
      >
        {launch.data?.number === null ? <p>{launch.data.why ?? "Nothing was to be done."}</p> : null}
        {launch.error === null || (launch.error instanceof ApiError && launch.error.details.length > 0 && problems.size > 0) ? null : (
          <Trouble error={launch.error} />
        )}
        {check.error === null || launch.error !== null ? null : <Trouble error={check.error} />}
      </Side>
    </div>
  );
}

interface UnitsProps {
  readonly form: LaunchForm;
  readonly config: JsonObject;
  readonly problems: Problems;
  readonly onChange: (config: JsonObject) => void;
}

function Units({ form, config, problems, onChange }: UnitsProps) {
  if (form.units.length === 0 && form.resources.length === 0) {
    return (
      <Empty title="Nothing of this takes config">
        <p>
          It can be launched as it is. A parameter <code>config: MyConfig</code> of an asset, with <code>class MyConfig(Config)</code>, gets a form here.
        </p>
      </Empty>
    );
  }
  return (
    <div className={styles.units}>
      {form.units.map((unit) => (
        <Unit key={unit.unit} section="ops" unit={unit} config={config} problems={problems} onChange={onChange} />
      ))}
      {form.resources.map((unit) => (
        <Unit key={`resource ${unit.unit}`} section="resources" unit={unit} config={config} problems={problems} onChange={onChange} />
      ))}
    </div>
  );
}

interface UnitProps {
  readonly section: Section;
  readonly unit: LaunchUnit;
  readonly config: JsonObject;
  readonly problems: Problems;
  readonly onChange: (config: JsonObject) => void;
}

function Unit({ section, unit, config, problems, onChange }: UnitProps) {
  const shape = useMemo(() => shapeOf(unit.schema), [unit.schema]);
  const place = placeOf(section, unit.unit);
  const path = place.join(":");
  const given = valueAt(config, place);
  const names = shape.kind === "object" ? new Set(shape.fields.map((field) => `${path}:${field.name}`)) : new Set([path]);
  const own = [...problems].filter(([at]) => (at === path && !names.has(at)) || isUnknownField(at, path, names));
  const others = unit.assets.filter((key) => key !== unit.unit);
  return (
    <section className={styles.unit} aria-label={unit.unit}>
      <header>
        <h2>{unit.unit}</h2>
        {section === "resources" ? <span className={styles.dim}>resource</span> : null}
        {others.length > 0 ? <span className={styles.dim}>makes {others.slice(0, 6).join(", ")}</span> : null}
        {isObject(given) && Object.keys(given).length > 0 ? (
          <Button look="quiet" onClick={() => onChange(withValue(config, place, undefined))}>
            All defaults
          </Button>
        ) : null}
      </header>
      {own.map(([at, message]) => (
        <p key={at} className={styles.problem}>
          {message}
        </p>
      ))}
      <UnitFields
        shape={shape}
        path={path}
        given={given}
        defaults={unit.defaults as JsonObject}
        onChange={(value) => onChange(withValue(config, place, value))}
      />
    </section>
  );
}

/** Whether a path is of this unit, and of no field that it has. */
function isUnknownField(at: string, path: string, fields: ReadonlySet<string>): boolean {
  if (!at.startsWith(`${path}:`)) return false;
  return ![...fields].some((field) => at === field || at.startsWith(`${field}:`) || at.startsWith(`${field}[`));
}
