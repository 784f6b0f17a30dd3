/* Made from the API's document by `python ui/client.py`. Edit the models of the server, not this file. */

import { get, post, query } from "./client";

/** An asset as its page shows it. */
export interface AssetDetail {
  readonly automation: string | null;
  readonly bytes: number;
  readonly checks: readonly CheckInfo[];
  /** Without secrets */
  readonly config_defaults: Readonly<Record<string, unknown>>;
  readonly config_schema: Readonly<Record<string, unknown>> | null;
  /** Whether the code has it; otherwise the store alone knows it */
  readonly defined: boolean;
  readonly downstream: readonly string[];
  readonly freshness: string | null;
  readonly io_manager: string | null;
  readonly key: string;
  readonly latest: VersionDetail | null;
  /** Of the definition */
  readonly metadata: readonly MetadataEntry[];
  readonly node: GraphNode | null;
  /** The partitions in words */
  readonly partitions: string | null;
  /** Why it is not fresh, first things first */
  readonly reasons: readonly string[];
  readonly retention: string | null;
  readonly source: SourceLink | null;
  readonly state: NodeState;
  readonly type: string | null;
  /** What of its code the fingerprint does not cover */
  readonly unseen: readonly string[];
  readonly upstream: readonly string[];
  /** How many there are */
  readonly versions: number;
}

/** Assets with their states, in order of the graph; `next` is where the next page starts. */
export interface AssetPage {
  readonly items: readonly AssetRow[];
  readonly next: string | null;
  readonly total: number;
}

/** An asset in the catalog. */
export interface AssetRow {
  readonly bytes: number;
  readonly node: GraphNode;
  readonly state: NodeState;
  readonly versions: number;
}

/** Something that differs between two versions or runs; None on the side that does not have it. */
export interface Change {
  readonly after: unknown;
  readonly before: unknown;
  readonly delta: number | "NaN" | "Infinity" | "-Infinity" | null;
  readonly name: string;
}

/** Latest verdicts of an asset's checks. */
export interface CheckCounts {
  readonly failed: number;
  readonly passed: number;
  readonly unknown: number;
  readonly warned: number;
}

/** A check as it is defined, with its latest verdict. */
export interface CheckInfo {
  readonly blocking: boolean;
  readonly description: string | null;
  readonly latest: Verdict | null;
  readonly name: string;
}

/** What is wrong with a config; nothing where it is good. */
export interface Checked {
  readonly problems: readonly FieldProblem[];
}

/** The user's code as the workshop has it; `traceback` is the user's, where it could not be loaded. */
export interface Code {
  readonly loaded_at: number | null;
  readonly problem: Problem | null;
  /** How long the user's own import took */
  readonly seconds: number | null;
  /** Id of the definitions that the page shows */
  readonly snapshot: string | null;
  readonly status: "none" | "loading" | "ready" | "broken";
  readonly target: string | null;
  readonly traceback: string | null;
}

/** Config to be checked. */
export interface ConfigCheck {
  readonly assets?: readonly string[] | null;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly job?: string | null;
  readonly selection?: string | null;
}

/** What an asset takes on the disk. */
export interface Disk {
  readonly asset: string;
  readonly bytes: number;
  /** Its retention, in words */
  readonly rule: string | null;
  /** Versions whose value is kept */
  readonly stored: number;
  readonly versions: number;
}

/** Events; `next` is the place to ask on with. */
export interface EventPage {
  readonly items: readonly EventRow[];
  readonly next: number | null;
}

/** A fact of the log; `data` are its other fields, without values. */
export interface EventRow {
  readonly asset: string | null;
  readonly at: number;
  readonly attempt: number | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly kind: string;
  readonly partition: string | null;
  readonly run: number | null;
  readonly run_id: string | null;
  readonly seq: number;
  readonly step: string | null;
  /** The fact in words */
  readonly text: string;
  readonly version: number | null;
}

/** An exception: the user's frames first; `traceback` is the whole as Python prints it. */
export interface Failure {
  readonly cls: string | null;
  readonly file: string | null;
  readonly line: number | null;
  readonly message: string;
  readonly traceback: string;
}

/** What is wrong at one place of a config: its path, as `ops:model:config:depth`. */
export interface FieldProblem {
  readonly message: string;
  readonly path: string;
}

/** All assets, each after those that it is made from. Changes with the code only. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly snapshot: string;
}

/** An asset as the graph shows it; `unit` is the step that makes it (several assets may have one). */
export interface GraphNode {
  readonly checks: readonly string[];
  readonly deps: readonly string[];
  readonly description: string | null;
  readonly group: string;
  readonly jobs: readonly string[];
  readonly key: string;
  readonly kinds: readonly string[];
  readonly owners: readonly string[];
  /** How many; None where it has none */
  readonly partitions: number | null;
  /** Nothing here makes it */
  readonly source: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly unit: string | null;
}

/** A job, with what fires it. */
export interface Job {
  readonly assets: readonly string[];
  readonly description: string | null;
  readonly last_run: number | null;
  readonly last_status: "queued" | "started" | "succeeded" | "failed" | "canceled" | null;
  readonly name: string;
  readonly ops: boolean;
  readonly schedules: readonly string[];
}

/** Jobs, schedules and sensors of the code. */
export interface Jobs {
  readonly jobs: readonly Job[];
  readonly triggers: readonly Trigger[];
}

/** What a run of some assets can be given. */
export interface LaunchForm {
  readonly assets: readonly string[];
  readonly last_run: number | null;
  /** The newest hundred keys, where they have partitions */
  readonly partitions: readonly string[];
  readonly partitions_total: number;
  readonly resources: readonly LaunchUnit[];
  readonly steps: number;
  readonly units: readonly LaunchUnit[];
}

/** A step of the form: the JSON schema of its config, the defaults, and what the last run gave. */
export interface LaunchUnit {
  readonly assets: readonly string[];
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly last: Readonly<Record<string, unknown>> | null;
  readonly schema: Readonly<Record<string, unknown>>;
  readonly unit: string;
}

/** Lines of a log that match; `next` is the line to look on from, None where there is no line beyond. */
export interface LogFound {
  readonly items: readonly LogLine[];
  readonly next: number | null;
}

/** A line that a step wrote; `n` counts from 0. */
export interface LogLine {
  readonly at: number;
  readonly level: string;
  readonly n: number;
  readonly stream: string;
  readonly text: string;
}

/** Lines of the log of an attempt; `total` is how many there are so far, `closed` that none will come. */
export interface LogPage {
  readonly closed: boolean;
  readonly items: readonly LogLine[];
  readonly total: number;
}

/** A metadata value: `type` is its kind, `value` its JSON form; `number` what a plot of it shows. */
export interface MetadataEntry {
  readonly label: string;
  readonly number: number | "NaN" | "Infinity" | "-Infinity" | null;
  readonly type: string;
  readonly value: unknown;
}

/** A number on one version. */
export interface MetricPoint {
  readonly at: number;
  readonly number: number;
  readonly partition: string | null;
  readonly value: number | "NaN" | "Infinity" | "-Infinity";
}

/** A numeric metadata entry over the versions of an asset, oldest first. */
export interface MetricSeries {
  readonly label: string;
  readonly points: readonly MetricPoint[];
}

/** All numeric metadata of an asset; `thinned` says that not every point is there. */
export interface Metrics {
  readonly series: readonly MetricSeries[];
  readonly thinned: boolean;
}

/** What is so of an asset now; `value` is the short text on its node: the value itself, or its shape. */
export interface NodeState {
  readonly at: number | null;
  readonly checks: CheckCounts;
  /** What its step says that it does, or waits for */
  readonly doing: string | null;
  readonly partitions: PartitionCounts | null;
  /** From 0 to 1, where its step says */
  readonly progress: number | null;
  /** Number of the run that makes it, or that failed to */
  readonly run: number | null;
  readonly started_at: number | null;
  readonly status: "fresh" | "stale" | "missing" | "failed" | "running" | "queued" | "skipped" | "source" | "unknown";
  readonly value: string | null;
  readonly version: number | null;
  readonly why: string | null;
}

/** How many partitions are in which state; of very many it is only known that they were `made`. */
export interface PartitionCounts {
  readonly failed: number;
  readonly fresh: number;
  readonly made: number;
  readonly missing: number;
  readonly stale: number;
  readonly total: number;
}

/** Neighbouring partitions in one state. */
export interface PartitionStretch {
  readonly count: number;
  readonly first: string;
  readonly last: string;
  readonly status: "fresh" | "stale" | "missing" | "failed" | "made";
}

/** The partitions of an asset in stretches, in order; `next` where there are more. */
export interface Partitions {
  readonly counts: PartitionCounts;
  readonly next: number | null;
  readonly stretches: readonly PartitionStretch[];
  readonly total: number;
}

/**
 * A look at a value that the worker took: see `kind`. scalar: `value`. table: `columns` (name, type), `rows` of
 * the head, `shape`. array: `shape`, `dtype`, `histogram` (edges, counts), `rows` of the head, of small ones.
 * estimator: `parameters`. mapping, sequence: `entries`, `length`. text: `text`, `length`. other: `text`.
 */
export interface Preview {
  readonly kind: "scalar" | "table" | "array" | "estimator" | "mapping" | "sequence" | "text" | "figure" | "other";
  /** One short line: `0.4321`, `8,000 × 20`, `XGBRegressor` */
  readonly summary: string;
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Why a request could not be done. Every answer with a status of 400 and above has this form. */
export interface Problem {
  readonly details: readonly FieldProblem[];
  readonly expected: string | null;
  readonly found: string | null;
  readonly next_step: string | null;
  readonly problem: string;
  readonly subject: string | null;
}

/** A run that was asked for. `number` is None where there was nothing to do: `why` says so. */
export interface Requested {
  readonly id: string | null;
  readonly number: number | null;
  readonly why: string | null;
}

/** Run a run again: `all` of it, from its `failure`, or `from` a step and what needs it. */
export interface RerunRequest {
  readonly part?: "all" | "failure" | "from";
  readonly step?: string | null;
}

/** A run as its page shows it. */
export interface RunDetail {
  /** The first of those that it makes */
  readonly assets: readonly string[];
  /** Assets that it made, or failed to make, by code that is another now */
  readonly changed: readonly string[];
  /** Runs that re-execute it */
  readonly children: readonly number[];
  readonly code: string | null;
  readonly config: Readonly<Record<string, unknown>>;
  readonly counts: Readonly<Partial<Record<"planned" | "started" | "succeeded" | "failed" | "retrying" | "skipped" | "blocked" | "canceled" | "reused" | "expanded" | "forgotten", number>>>;
  readonly created_at: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly error: Failure | null;
  /** The first of the steps that failed, once it is over */
  readonly failed: readonly string[];
  readonly finished_at: number | null;
  /** Assets that it was to make and that the code no longer has */
  readonly gone: readonly string[];
  readonly id: string;
  readonly job: string;
  /** Whether it goes on */
  readonly live: boolean;
  /** To ask `steps` on with */
  readonly next_step: number | null;
  readonly number: number;
  readonly parent: string | null;
  /** Of the run that it re-executes */
  readonly parent_number: number | null;
  readonly partition: string | null;
  /** The first steps, in the order of the plan */
  readonly rows: readonly StepRow[];
  readonly selection: string | null;
  readonly started_at: number | null;
  readonly status: "queued" | "started" | "succeeded" | "failed" | "canceled";
  readonly steps: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly trimmed: boolean;
  readonly verdicts: readonly Verdict[];
}

/** Two runs side by side. */
export interface RunDiff {
  readonly after: RunRow;
  readonly before: RunRow;
  /** By asset, in words */
  readonly code: readonly Change[];
  readonly config: readonly Change[];
  readonly environment: readonly Change[];
  /** asset: label */
  readonly metrics: readonly Change[];
  /** Seconds of each step */
  readonly steps: readonly Change[];
}

/** Runs, newest first. */
export interface RunPage {
  readonly items: readonly RunRow[];
  readonly next: number | null;
}

/**
 * Ask for a run. `what`: `all` of the selection, `stale` (what is not fresh of it), `from` (the selection and
 * all made from it).
 */
export interface RunRequest {
  readonly assets?: readonly string[] | null;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly job?: string | null;
  /** Keys, and ranges A...B */
  readonly partitions?: readonly string[] | null;
  readonly selection?: string | null;
  readonly tags?: Readonly<Record<string, string>>;
  readonly what?: "all" | "stale" | "from";
}

/** A run in a list. */
export interface RunRow {
  /** The first of those that it makes */
  readonly assets: readonly string[];
  readonly created_at: number;
  readonly error: Failure | null;
  /** The first of the steps that failed, once it is over */
  readonly failed: readonly string[];
  readonly finished_at: number | null;
  readonly id: string;
  readonly job: string;
  readonly number: number;
  readonly parent: string | null;
  /** Of the run that it re-executes */
  readonly parent_number: number | null;
  readonly partition: string | null;
  readonly selection: string | null;
  readonly started_at: number | null;
  readonly status: "queued" | "started" | "succeeded" | "failed" | "canceled";
  readonly steps: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** The assets that an expression of the selection syntax means. */
export interface Selected {
  readonly keys: readonly string[];
}

/** What this server is. */
export interface Server {
  readonly code: Code;
  readonly now: number;
  readonly read_only: boolean;
  /** Place of the newest event of the log */
  readonly seq: number;
  readonly store: string;
  readonly version: string;
}

/** A setting, its value, and where that is from; secrets are masked. */
export interface Setting {
  readonly help: string;
  readonly name: string;
  readonly source: string;
  readonly value: string;
}

/** Where in the user's code something is. */
export interface SourceLink {
  readonly file: string;
  readonly line: number;
}

/** The state of every asset as of an event of the log. */
export interface States {
  /** To ask `/api/events` for what changes from here on */
  readonly revision: number;
  readonly seq: number;
  readonly snapshot: string | null;
  readonly states: Readonly<Record<string, NodeState>>;
}

/** Steps, in the order of the plan. */
export interface StepPage {
  readonly items: readonly StepRow[];
  readonly next: number | null;
}

/** A step of a run; `why` says why it was reused, skipped or blocked. */
export interface StepRow {
  readonly assets: readonly string[];
  readonly attempt: number;
  readonly cpu: number | null;
  readonly deps: readonly string[];
  /** What it says that it does, or waits for */
  readonly doing: string | null;
  readonly error: Failure | null;
  readonly finished_at: number | null;
  readonly log_bytes: number;
  readonly made: readonly VersionRef[];
  readonly memory: number | null;
  readonly partition: string | null;
  /** From 0 to 1, where it says */
  readonly progress: number | null;
  readonly seconds: number | null;
  readonly started_at: number | null;
  readonly status: "planned" | "started" | "succeeded" | "failed" | "retrying" | "skipped" | "blocked" | "canceled" | "reused" | "expanded" | "forgotten";
  readonly step: string;
  readonly why: string | null;
}

/** What the store takes, and what is set. */
export interface StorePage {
  readonly artifact_bytes: number;
  readonly database_bytes: number;
  readonly disk: readonly Disk[];
  readonly disk_next: number | null;
  readonly events: number;
  readonly folder: string;
  readonly free_bytes: number;
  readonly log_bytes: number;
  /** Whether all assets were looked at; else those so far */
  readonly measured: boolean;
  readonly runs: number;
  readonly settings: readonly Setting[];
  readonly versions: number;
}

/** A schedule or a sensor as it is defined. */
export interface Trigger {
  readonly description: string | null;
  readonly job: string | null;
  readonly kind: "schedule" | "sensor";
  readonly name: string;
  readonly when: string;
}

/** What a check said. */
export interface Verdict {
  readonly asset: string;
  readonly at: number;
  readonly blocking: boolean;
  readonly description: string | null;
  readonly metadata: readonly MetadataEntry[];
  readonly name: string;
  readonly partition: string | null;
  readonly passed: boolean;
  readonly run: number | null;
  readonly seq: number;
  readonly severity: "WARN" | "ERROR";
  readonly version: number | null;
}

/** Verdicts, newest first. */
export interface VerdictPage {
  readonly items: readonly Verdict[];
  readonly next: number | null;
}

/** A version with all that is remembered of it. */
export interface VersionDetail {
  readonly address: string;
  readonly asset: string;
  readonly bytes: number | null;
  /** What differs from the version before it; None in the first, and where nobody looked */
  readonly changed: readonly ("code" | "config" | "inputs" | "libraries" | "value")[] | null;
  readonly checks: CheckCounts;
  /** What its code fingerprint stands for */
  readonly code_parts: readonly string[];
  readonly code_version: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly data_version: string;
  readonly description: string | null;
  readonly digest: string | null;
  readonly id: string;
  readonly identifier: string | null;
  readonly inputs: readonly VersionRef[];
  readonly io_manager: string | null;
  readonly libraries: Readonly<Record<string, string>>;
  readonly made_at: number;
  readonly metadata: readonly MetadataEntry[];
  readonly metrics: Readonly<Record<string, number | "NaN" | "Infinity" | "-Infinity">>;
  readonly number: number;
  /** The newest versions made from this one */
  readonly outputs: readonly VersionRef[];
  readonly partition: string | null;
  readonly preview: Preview | null;
  readonly reused: boolean;
  readonly run: number | null;
  readonly seconds: number | null;
  readonly seed: number | null;
  readonly step: string;
  /** Whether its value can be loaded */
  readonly stored: boolean;
  readonly summary: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly type: string | null;
  readonly verdicts: readonly Verdict[];
}

/** What differs between two versions of an asset; `code` in words. */
export interface VersionDiff {
  readonly after: VersionRow;
  readonly before: VersionRow;
  readonly code: readonly string[];
  readonly config: readonly Change[];
  readonly inputs: readonly Change[];
  readonly libraries: readonly Change[];
  readonly metadata: readonly Change[];
  /** Which of the above do not differ; value: the content itself */
  readonly same: readonly string[];
  /** Of the previews: shape, columns, parameters */
  readonly value: readonly Change[];
}

/** Versions, newest first. */
export interface VersionPage {
  readonly items: readonly VersionRow[];
  readonly next: string | null;
}

/** A version of an asset, named by another. */
export interface VersionRef {
  readonly asset: string;
  readonly data_version: string;
  readonly id: string;
  readonly number: number | null;
  readonly partition: string | null;
}

/** A version in a list. */
export interface VersionRow {
  readonly asset: string;
  readonly bytes: number | null;
  /** What differs from the version before it; None in the first, and where nobody looked */
  readonly changed: readonly ("code" | "config" | "inputs" | "libraries" | "value")[] | null;
  readonly checks: CheckCounts;
  readonly id: string;
  readonly made_at: number;
  readonly metrics: Readonly<Record<string, number | "NaN" | "Infinity" | "-Infinity">>;
  readonly number: number;
  readonly partition: string | null;
  readonly reused: boolean;
  readonly run: number | null;
  readonly seconds: number | null;
  readonly step: string;
  /** Whether its value can be loaded */
  readonly stored: boolean;
  readonly summary: string | null;
  readonly type: string | null;
}

/** Have a run end, whoever drives it; it is over when its event says so. */
export function cancelRun(given: { run: string }): Promise<Requested> {
  return post(`/api/run/${encodeURIComponent(given.run)}/cancel`, {});
}

/** What is wrong with a config. */
export function checkConfig(body: ConfigCheck): Promise<Checked> {
  return post("/api/launch/check", body);
}

/** Start a run; `number` is None where there was nothing to do, and `why` says so. */
export function createRun(body: RunRequest): Promise<Requested> {
  return post("/api/runs", body);
}

/** Lines of the log of a step that match, from a line on; as many as are found in a moment. */
export function findInLog(given: {
  run: string;
  step: string;
  attempt?: number | null | undefined;
  text?: string | undefined;
  serious?: boolean | undefined;
  start?: number | undefined;
  limit?: number | undefined;
}, signal?: AbortSignal): Promise<LogFound> {
  return get(`/api/run/${encodeURIComponent(given.run)}/log/find${query({
  step: given.step,
  attempt: given.attempt,
  text: given.text,
  serious: given.serious,
  start: given.start,
  limit: given.limit,
})}`, signal);
}

/** An asset, with its newest version and why it is not fresh. */
export function getAsset(given: { key: string }, signal?: AbortSignal): Promise<AssetDetail> {
  return get(`/api/asset${query({ key: given.key })}`, signal);
}

/** Facts about an asset, newest first. */
export function getAssetEvents(given: {
  key: string;
  kind?: readonly string[] | null | undefined;
  cursor?: number | undefined;
  limit?: number | undefined;
}, signal?: AbortSignal): Promise<EventPage> {
  return get(`/api/asset/events${query({ key: given.key, kind: given.kind, cursor: given.cursor, limit: given.limit })}`, signal);
}

/** The catalog: assets that match all that is given, in the order of the graph. */
export function getAssets(given: {
  selection?: string | null | undefined;
  status?: readonly ("fresh" | "stale" | "missing" | "failed" | "running" | "queued" | "skipped" | "source" | "unknown")[] | null | undefined;
  query?: string | null | undefined;
  cursor?: number | undefined;
  limit?: number | undefined;
} = {}, signal?: AbortSignal): Promise<AssetPage> {
  return get(`/api/assets${query({
  selection: given.selection,
  status: given.status,
  query: given.query,
  cursor: given.cursor,
  limit: given.limit,
})}`, signal);
}

/** Verdicts of the checks of an asset, newest first. */
export function getChecks(given: {
  key: string;
  name?: string | null | undefined;
  cursor?: number | undefined;
  limit?: number | undefined;
}, signal?: AbortSignal): Promise<VerdictPage> {
  return get(`/api/asset/checks${query({ key: given.key, name: given.name, cursor: given.cursor, limit: given.limit })}`, signal);
}

/** All assets, each after those that it is made from; it changes with the code. */
export function getGraph(signal?: AbortSignal): Promise<Graph> {
  return get("/api/graph", signal);
}

/** Jobs, schedules and sensors, with the last run of each job. */
export function getJobs(signal?: AbortSignal): Promise<Jobs> {
  return get("/api/jobs", signal);
}

/** What a run of some assets, or of a job, can be given. */
export function getLaunchForm(given: {
  selection?: string | null | undefined;
  asset?: readonly string[] | null | undefined;
  job?: string | null | undefined;
} = {}, signal?: AbortSignal): Promise<LaunchForm> {
  return get(`/api/launch${query({ selection: given.selection, asset: given.asset, job: given.job })}`, signal);
}

/** Lines of the log of a step, from a line on; of one that runs, as they come. */
export function getLog(given: {
  run: string;
  step: string;
  attempt?: number | null | undefined;
  start?: number | undefined;
  limit?: number | undefined;
  wait?: number | undefined;
}, signal?: AbortSignal): Promise<LogPage> {
  return get(`/api/run/${encodeURIComponent(given.run)}/log${query({
  step: given.step,
  attempt: given.attempt,
  start: given.start,
  limit: given.limit,
  wait: given.wait,
})}`, signal);
}

/** All numeric metadata of an asset over its versions, oldest first. */
export function getMetrics(given: { key: string; partition?: string | null | undefined }, signal?: AbortSignal): Promise<Metrics> {
  return get(`/api/asset/metrics${query({ key: given.key, partition: given.partition })}`, signal);
}

/** The partitions of an asset in stretches of one state. */
export function getPartitions(given: { key: string; start?: number | undefined; limit?: number | undefined }, signal?: AbortSignal): Promise<Partitions> {
  return get(`/api/asset/partitions${query({ key: given.key, start: given.start, limit: given.limit })}`, signal);
}

/** A run with its first steps. */
export function getRun(given: { run: string }, signal?: AbortSignal): Promise<RunDetail> {
  return get(`/api/run/${encodeURIComponent(given.run)}`, signal);
}

/** Two runs side by side. */
export function getRunDiff(given: { before: string; after: string }, signal?: AbortSignal): Promise<RunDiff> {
  return get(`/api/runs/diff${query({ before: given.before, after: given.after })}`, signal);
}

/** Facts of a run, oldest first. */
export function getRunEvents(given: {
  run: string;
  after?: number | undefined;
  kind?: readonly string[] | null | undefined;
  step?: string | null | undefined;
  limit?: number | undefined;
}, signal?: AbortSignal): Promise<EventPage> {
  return get(`/api/run/${encodeURIComponent(given.run)}/events${query({ after: given.after, kind: given.kind, step: given.step, limit: given.limit })}`, signal);
}

/** Runs that match all that is given, newest first. */
export function getRuns(given: {
  status?: readonly ("queued" | "started" | "succeeded" | "failed" | "canceled")[] | null | undefined;
  asset?: string | null | undefined;
  job?: string | null | undefined;
  tag?: string | null | undefined;
  after?: number | null | undefined;
  before?: number | null | undefined;
  cursor?: number | undefined;
  limit?: number | undefined;
} = {}, signal?: AbortSignal): Promise<RunPage> {
  return get(`/api/runs${query({
  status: given.status,
  asset: given.asset,
  job: given.job,
  tag: given.tag,
  after: given.after,
  before: given.before,
  cursor: given.cursor,
  limit: given.limit,
})}`, signal);
}

/** The assets that an expression of the selection syntax means. */
export function getSelection(given: { expression: string }, signal?: AbortSignal): Promise<Selected> {
  return get(`/api/selection${query({ expression: given.expression })}`, signal);
}

/** What this server is, and how the code behind it is. */
export function getServer(signal?: AbortSignal): Promise<Server> {
  return get("/api/server", signal);
}

/** The state of every asset; what changes from there on comes as events. */
export function getStates(signal?: AbortSignal): Promise<States> {
  return get("/api/states", signal);
}

/** Steps of a run, in the order of the plan. */
export function getSteps(given: { run: string; start?: number | undefined; limit?: number | undefined }, signal?: AbortSignal): Promise<StepPage> {
  return get(`/api/run/${encodeURIComponent(given.run)}/steps${query({ start: given.start, limit: given.limit })}`, signal);
}

/** What the store takes on the disk by asset, the largest first; and the settings. */
export function getStore(given: { start?: number | undefined; limit?: number | undefined } = {}, signal?: AbortSignal): Promise<StorePage> {
  return get(`/api/store${query({ start: given.start, limit: given.limit })}`, signal);
}

/** A version with all that is remembered of it. */
export function getVersion(given: { number: number; key: string; partition?: string | null | undefined }, signal?: AbortSignal): Promise<VersionDetail> {
  return get(`/api/asset/versions/${encodeURIComponent(given.number)}${query({ key: given.key, partition: given.partition })}`, signal);
}

/** What differs between two versions of an asset. */
export function getVersionDiff(given: { key: string; before: number; after: number; partition?: string | null | undefined }, signal?: AbortSignal): Promise<VersionDiff> {
  return get(`/api/asset/diff${query({ key: given.key, before: given.before, after: given.after, partition: given.partition })}`, signal);
}

/** Versions of an asset, newest first; those of one partition where it is named. */
export function getVersions(given: {
  key: string;
  partition?: string | null | undefined;
  cursor?: number | undefined;
  limit?: number | undefined;
}, signal?: AbortSignal): Promise<VersionPage> {
  return get(`/api/asset/versions${query({ key: given.key, partition: given.partition, cursor: given.cursor, limit: given.limit })}`, signal);
}

/** Load the code anew; how that went comes as an event. */
export function reloadCode(): Promise<Code> {
  return post("/api/code/reload", {});
}

/** Start a run that re-executes another: all of it, from its failure, or from a step. */
export function rerun(given: { run: string }, body: RerunRequest): Promise<Requested> {
  return post(`/api/run/${encodeURIComponent(given.run)}/rerun`, body);
}
