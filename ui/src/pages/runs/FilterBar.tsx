import { useQuery as useAnswer } from "@tanstack/react-query";
import { useId, useState } from "react";
import { getJobs } from "../../api/schema";
import { useNow } from "../../live/hooks";
import { Button } from "../../parts/Button";
import { Status } from "../../parts/Status";
import type { Query } from "../../router/routes";
import { type Filters, isTag, SPANS, STATUSES } from "./filters";
import styles from "./RunsPage.module.css";

interface FilterBarProps {
  readonly filters: Filters;
  readonly onChange: (changes: Query) => void;
  readonly onClear: (() => void) | undefined;
}

/** What of the runs is to be seen. */
export function FilterBar({ filters, onChange, onClear }: FilterBarProps) {
  const id = useId();
  const nodes = useNow((now) => now.graph?.nodes);
  const jobs = useAnswer({ queryKey: ["jobs"], queryFn: ({ signal }) => getJobs(signal) }).data?.jobs ?? [];
  const isOwnTime = filters.since !== "" && !SPANS.some(({ name }) => name === filters.since);
  const flip = (status: Filters["status"][number]) => {
    const next = filters.status.includes(status) ? filters.status.filter((each) => each !== status) : [...filters.status, status];
    onChange({ status: next.join(",") });
  };
  return (
    <div className={styles.filters} role="search" aria-label="Filter runs">
      <div className={styles.states} role="group" aria-label="States">
        {STATUSES.map((status) => (
          <button key={status} type="button" className={styles.state} aria-pressed={filters.status.includes(status)} onClick={() => flip(status)}>
            <Status status={status} />
          </button>
        ))}
      </div>
      <DraftField
        key={`asset ${filters.asset}`}
        label="Asset"
        placeholder="Asset"
        list={`${id}-assets`}
        value={filters.asset}
        isWhole={(text) => nodes?.some((node) => node.key === text) === true}
        onChange={(asset) => onChange({ asset })}
      />
      <datalist id={`${id}-assets`}>
        {nodes?.slice(0, 1000).map((node) => (
          <option key={node.key} value={node.key} />
        ))}
      </datalist>
      {jobs.length === 0 && filters.job === "" ? null : (
        <select className={styles.field} aria-label="Job" value={filters.job} onChange={(event) => onChange({ job: event.target.value })}>
          <option value="">Any job</option>
          {[...new Set([...jobs.map((job) => job.name), ...(filters.job === "" ? [] : [filters.job])])].map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      )}
      <DraftField
        key={`tag ${filters.tag}`}
        label="Tag"
        placeholder="Tag: name=value"
        value={filters.tag}
        problem={filters.tag !== "" && !isTag(filters.tag) ? "A tag is written as name=value" : undefined}
        onChange={(tag) => onChange({ tag })}
      />
      <select
        className={styles.field}
        aria-label="Time"
        value={isOwnTime || filters.until !== "" ? "own" : filters.since}
        onChange={(event) => {
          const since = event.target.value;
          onChange({ since: since === "own" ? new Date().toISOString().slice(0, 10) : since, until: undefined });
        }}
      >
        <option value="">Any time</option>
        {SPANS.map(({ name, label }) => (
          <option key={name} value={name}>
            In {label}
          </option>
        ))}
        <option value="own">Between …</option>
      </select>
      {isOwnTime || filters.until !== "" ? (
        <>
          <input className={styles.field} type="date" aria-label="From" value={filters.since} onChange={(event) => onChange({ since: event.target.value })} />
          <input className={styles.field} type="date" aria-label="Until" value={filters.until} onChange={(event) => onChange({ until: event.target.value })} />
        </>
      ) : null}
      {onClear === undefined ? null : (
        <Button look="quiet" onClick={onClear}>
          Clear
        </Button>
      )}
    </div>
  );
}

interface DraftFieldProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly list?: string;
  readonly problem?: string | undefined;
  /** Whether a text can be taken before the reader says that it is all. */
  readonly isWhole?: (text: string) => boolean;
  readonly onChange: (value: string) => void;
}

/** A text that counts once it is whole: half the name of an asset is none. */
function DraftField({ label, placeholder, value, list, problem, isWhole, onChange }: DraftFieldProps) {
  const [draft, setDraft] = useState(value);
  const take = () => {
    if (draft !== value) onChange(draft.trim());
  };
  return (
    <input
      className={styles.field}
      type="search"
      aria-label={label}
      aria-invalid={problem !== undefined}
      title={problem}
      placeholder={placeholder}
      list={list}
      value={draft}
      onChange={(event) => {
        setDraft(event.target.value);
        if (event.target.value === "" || isWhole?.(event.target.value) === true) onChange(event.target.value);
      }}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key === "Enter") take();
      }}
    />
  );
}
