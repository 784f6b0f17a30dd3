"""What the API answers and takes, as types: the OpenAPI document and the page's client are made from these.

Times are UTC microseconds. A number that JSON has no word for is a text: "NaN", "Infinity", "-Infinity". Keys of assets
are as users write them (`a/b`). Lists that grow come in pages: `items`, and `next` to ask on with, None at the end.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Number = float | Literal["NaN", "Infinity", "-Infinity"]
Json = Any

AssetStatus = Literal[
    "fresh", "stale", "missing", "failed", "running", "queued", "skipped", "source", "unknown"
]
RunStatus = Literal["queued", "started", "succeeded", "failed", "canceled"]
StepStatus = Literal[
    "planned", "started", "succeeded", "failed", "retrying", "skipped", "blocked", "canceled", "reused", "expanded",
    "forgotten",
]  # fmt: skip
CodeStatus = Literal["none", "loading", "ready", "broken"]
Aspect = Literal["code", "config", "inputs", "libraries", "value"]


class Model(BaseModel):
    """Base of all: unknown fields are errors, instances do not change; what is no number in JSON is a text."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings")


class Problem(Model):
    """Why a request could not be done. Every answer with a status of 400 and above has this form."""

    problem: str
    subject: str | None = None
    found: str | None = None
    expected: str | None = None
    next_step: str | None = None
    details: list[FieldProblem] = []


class FieldProblem(Model):
    """What is wrong at one place of a config: its path, as `ops:model:config:depth`."""

    path: str
    message: str


# The server and the code behind it


class Code(Model):
    """The user's code as the workshop has it; `traceback` is the user's, where it could not be loaded."""

    status: CodeStatus
    target: str | None = None
    snapshot: str | None = Field(default=None, description="Id of the definitions that the page shows")
    loaded_at: int | None = None
    seconds: float | None = Field(default=None, description="How long the user's own import took")
    problem: Problem | None = None
    traceback: str | None = None


class Server(Model):
    """What this server is."""

    version: str
    store: str
    read_only: bool
    code: Code
    seq: int = Field(description="Place of the newest event of the log")
    now: int


# The graph


class SourceLink(Model):
    """Where in the user's code something is."""

    file: str
    line: int


class GraphNode(Model):
    """An asset as the graph shows it; `unit` is the step that makes it (several assets may have one)."""

    key: str
    group: str
    unit: str | None = None
    deps: list[str] = []
    kinds: list[str] = []
    tags: dict[str, str] = {}
    owners: list[str] = []
    source: bool = Field(default=False, description="Nothing here makes it")
    checks: list[str] = []
    partitions: int | None = Field(default=None, description="How many; None where it has none")
    description: str | None = None
    jobs: list[str] = []


class Graph(Model):
    """All assets, each after those that it is made from. Changes with the code only."""

    snapshot: str
    nodes: list[GraphNode]


class CheckCounts(Model):
    """Latest verdicts of an asset's checks."""

    passed: int = 0
    warned: int = 0
    failed: int = 0
    unknown: int = 0


class PartitionCounts(Model):
    """How many partitions are in which state; of very many it is only known that they were `made`."""

    total: int
    fresh: int = 0
    stale: int = 0
    missing: int = 0
    failed: int = 0
    made: int = 0


class NodeState(Model):
    """What is so of an asset now; `value` is the short text on its node: the value itself, or its shape."""

    status: AssetStatus
    version: int | None = None
    at: int | None = None
    value: str | None = None
    why: str | None = None
    run: int | None = Field(default=None, description="Number of the run that makes it, or that failed to")
    started_at: int | None = None
    progress: float | None = Field(default=None, description="From 0 to 1, where its step says")
    doing: str | None = Field(default=None, description="What its step says that it does, or waits for")
    checks: CheckCounts = CheckCounts()
    partitions: PartitionCounts | None = None


class States(Model):
    """The state of every asset as of an event of the log."""

    snapshot: str | None
    seq: int
    revision: int = Field(default=0, description="To ask `/api/events` for what changes from here on")
    states: dict[str, NodeState]


class Selected(Model):
    """The assets that an expression of the selection syntax means."""

    keys: list[str]


# Assets and versions


class Preview(Model):
    """A look at a value that the worker took: see `kind`.

    scalar: `value`. table: `columns` (name, type), `rows` of the head, `shape`. array: `shape`, `dtype`, `histogram`
    (edges, counts), `rows` of the head, of small ones. estimator: `parameters`. mapping, sequence: `entries`, `length`.
    text: `text`, `length`. other: `text`.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    kind: Literal["scalar", "table", "array", "estimator", "mapping", "sequence", "text", "figure", "other"]
    type: str
    summary: str = Field(description="One short line: `0.4321`, `8,000 × 20`, `XGBRegressor`")


class MetadataEntry(Model):
    """A metadata value: `type` is its kind, `value` its JSON form; `number` what a plot of it shows."""

    label: str
    type: str
    value: Json
    number: Number | None = None


class VersionRef(Model):
    """A version of an asset, named by another."""

    asset: str
    partition: str | None
    number: int | None
    id: str
    data_version: str


class Verdict(Model):
    """What a check said."""

    seq: int
    asset: str
    name: str
    passed: bool
    severity: Literal["WARN", "ERROR"]
    blocking: bool
    at: int
    run: int | None
    version: int | None = None
    partition: str | None = None
    description: str | None = None
    metadata: list[MetadataEntry] = []


class VersionRow(Model):
    """A version in a list."""

    asset: str
    partition: str | None
    number: int
    id: str
    made_at: int
    run: int | None
    step: str
    type: str | None
    bytes: int | None
    stored: bool = Field(description="Whether its value can be loaded")
    reused: bool = False
    seconds: float | None = None
    summary: str | None = None
    checks: CheckCounts = CheckCounts()
    metrics: dict[str, Number] = {}
    changed: list[Aspect] | None = Field(
        default=None,
        description="What differs from the version before it; None in the first, and where nobody looked",
    )


class VersionDetail(VersionRow):
    """A version with all that is remembered of it."""

    data_version: str
    code_version: str
    code_parts: list[str] = Field(default=[], description="What its code fingerprint stands for")
    description: str | None = None
    preview: Preview | None = None
    metadata: list[MetadataEntry] = []
    inputs: list[VersionRef] = []
    outputs: list[VersionRef] = Field(default=[], description="The newest versions made from this one")
    config: dict[str, Json] = {}
    libraries: dict[str, str] = {}
    seed: int | None = None
    tags: dict[str, str] = {}
    verdicts: list[Verdict] = []
    address: str
    digest: str | None = None
    io_manager: str | None = None
    identifier: str | None = None


class VersionPage(Model):
    """Versions, newest first."""

    items: list[VersionRow]
    next: str | None = None


class Change(Model):
    """Something that differs between two versions or runs; None on the side that does not have it."""

    name: str
    before: Json = None
    after: Json = None
    delta: Number | None = None


class VersionDiff(Model):
    """What differs between two versions of an asset; `code` in words."""

    before: VersionRow
    after: VersionRow
    code: list[str] = []
    config: list[Change] = []
    inputs: list[Change] = []
    libraries: list[Change] = []
    metadata: list[Change] = []
    value: list[Change] = Field(default=[], description="Of the previews: shape, columns, parameters")
    same: list[str] = Field(
        default=[], description="Which of the above do not differ; value: the content itself"
    )


class VerdictPage(Model):
    """Verdicts, newest first."""

    items: list[Verdict]
    next: int | None = None


class MetricPoint(Model):
    """A number on one version."""

    number: int
    partition: str | None
    at: int
    value: Number


class MetricSeries(Model):
    """A numeric metadata entry over the versions of an asset, oldest first."""

    label: str
    points: list[MetricPoint]


class Metrics(Model):
    """All numeric metadata of an asset; `thinned` says that not every point is there."""

    series: list[MetricSeries]
    thinned: bool = False


class CheckInfo(Model):
    """A check as it is defined, with its latest verdict."""

    name: str
    description: str | None = None
    blocking: bool = False
    latest: Verdict | None = None


class AssetDetail(Model):
    """An asset as its page shows it."""

    key: str
    defined: bool = Field(description="Whether the code has it; otherwise the store alone knows it")
    node: GraphNode | None = None
    state: NodeState
    reasons: list[str] = Field(default=[], description="Why it is not fresh, first things first")
    unseen: list[str] = Field(default=[], description="What of its code the fingerprint does not cover")
    latest: VersionDetail | None = None
    versions: int = Field(description="How many there are")
    upstream: list[str] = []
    downstream: list[str] = []
    checks: list[CheckInfo] = []
    source: SourceLink | None = None
    type: str | None = None
    io_manager: str | None = None
    partitions: str | None = Field(default=None, description="The partitions in words")
    automation: str | None = None
    freshness: str | None = None
    retention: str | None = None
    metadata: list[MetadataEntry] = Field(default=[], description="Of the definition")
    config_schema: dict[str, Json] | None = None
    config_defaults: dict[str, Json] = Field(default={}, description="Without secrets")
    bytes: int = 0


class AssetPage(Model):
    """Assets with their states, in order of the graph; `next` is where the next page starts."""

    items: list[AssetRow]
    next: str | None = None
    total: int


class AssetRow(Model):
    """An asset in the catalog."""

    node: GraphNode
    state: NodeState
    versions: int = 0
    bytes: int = 0


class PartitionStretch(Model):
    """Neighbouring partitions in one state."""

    first: str
    last: str
    count: int
    status: Literal["fresh", "stale", "missing", "failed", "made"]


class Partitions(Model):
    """The partitions of an asset in stretches, in order; `next` where there are more."""

    total: int
    counts: PartitionCounts
    stretches: list[PartitionStretch]
    next: int | None = None


# Runs


class Failure(Model):
    """An exception: the user's frames first; `traceback` is the whole as Python prints it."""

    message: str
    cls: str | None = None
    traceback: str
    file: str | None = None
    line: int | None = None


class RunRow(Model):
    """A run in a list."""

    id: str
    number: int
    job: str
    status: RunStatus
    created_at: int
    started_at: int | None
    finished_at: int | None
    selection: str | None
    partition: str | None
    tags: dict[str, str] = {}
    steps: int = 0
    assets: list[str] = Field(default=[], description="The first of those that it makes")
    parent: str | None = None
    parent_number: int | None = Field(default=None, description="Of the run that it re-executes")
    error: Failure | None = None
    failed: list[str] = Field(default=[], description="The first of the steps that failed, once it is over")


class RunPage(Model):
    """Runs, newest first."""

    items: list[RunRow]
    next: int | None = None


class StepRow(Model):
    """A step of a run; `why` says why it was reused, skipped or blocked."""

    step: str
    status: StepStatus
    attempt: int
    assets: list[str] = []
    partition: str | None = None
    deps: list[str] = []
    started_at: int | None = None
    finished_at: int | None = None
    seconds: float | None = None
    cpu: float | None = None
    memory: int | None = None
    log_bytes: int = 0
    progress: float | None = Field(default=None, description="From 0 to 1, where it says")
    doing: str | None = Field(default=None, description="What it says that it does, or waits for")
    error: Failure | None = None
    why: str | None = None
    made: list[VersionRef] = []


class RunDetail(RunRow):
    """A run as its page shows it."""

    code: str | None = None
    config: dict[str, Json] = {}
    environment: dict[str, str] = {}
    counts: dict[StepStatus, int] = {}
    trimmed: bool = False
    live: bool = Field(description="Whether it goes on")
    rows: list[StepRow] = Field(default=[], description="The first steps, in the order of the plan")
    next_step: int | None = Field(default=None, description="To ask `steps` on with")
    verdicts: list[Verdict] = []
    children: list[int] = Field(default=[], description="Runs that re-execute it")
    changed: list[str] = Field(
        default=[], description="Assets that it made, or failed to make, by code that is another now"
    )
    gone: list[str] = Field(
        default=[], description="Assets that it was to make and that the code no longer has"
    )


class StepPage(Model):
    """Steps, in the order of the plan."""

    items: list[StepRow]
    next: int | None = None


class EventRow(Model):
    """A fact of the log; `data` are its other fields, without values."""

    seq: int
    kind: str
    at: int
    run: int | None = None
    run_id: str | None = None
    step: str | None = None
    attempt: int | None = None
    asset: str | None = None
    partition: str | None = None
    version: int | None = None
    text: str = Field(description="The fact in words")
    data: dict[str, Json] = {}


class EventPage(Model):
    """Events; `next` is the place to ask on with."""

    items: list[EventRow]
    next: int | None = None


class LogLine(Model):
    """A line that a step wrote; `n` counts from 0."""

    n: int
    at: int
    level: str
    stream: str
    text: str


class LogPage(Model):
    """Lines of the log of an attempt; `total` is how many there are so far, `closed` that none will come."""

    items: list[LogLine]
    total: int
    closed: bool


class LogFound(Model):
    """Lines of a log that match; `next` is the line to look on from, None where there is no line beyond."""

    items: list[LogLine]
    next: int | None = None


class RunDiff(Model):
    """Two runs side by side."""

    before: RunRow
    after: RunRow
    config: list[Change] = []
    code: list[Change] = Field(default=[], description="By asset, in words")
    steps: list[Change] = Field(default=[], description="Seconds of each step")
    metrics: list[Change] = Field(default=[], description="asset: label")
    environment: list[Change] = []


# Requests


class RunRequest(Model):
    """Ask for a run.

    `what`: `all` of the selection, `stale` (what is not fresh of it), `from` (the selection and all made from it).
    """

    selection: str | None = Field(default=None, max_length=100_000)
    assets: list[str] | None = Field(default=None, max_length=20_000)
    what: Literal["all", "stale", "from"] = "all"
    job: str | None = Field(default=None, max_length=1000)
    config: dict[str, Json] = {}
    tags: dict[str, str] = {}
    partitions: list[str] | None = Field(default=None, max_length=1000, description="Keys, and ranges A...B")


class RerunRequest(Model):
    """Run a run again: `all` of it, from its `failure`, or `from` a step and what needs it."""

    part: Literal["all", "failure", "from"] = "all"
    step: str | None = Field(default=None, max_length=1000)


class Requested(Model):
    """A run that was asked for. `number` is None where there was nothing to do: `why` says so."""

    id: str | None = None
    number: int | None = None
    why: str | None = None


class LaunchUnit(Model):
    """A step of the form: the JSON schema of its config, the defaults, and what the last run gave."""

    unit: str
    assets: list[str]
    schema_: dict[str, Json] = Field(alias="schema")
    defaults: dict[str, Json] = {}
    last: dict[str, Json] | None = None

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class LaunchForm(Model):
    """What a run of some assets can be given."""

    assets: list[str]
    steps: int
    units: list[LaunchUnit]
    resources: list[LaunchUnit] = []
    partitions: list[str] = Field(
        default=[], description="The newest hundred keys, where they have partitions"
    )
    partitions_total: int = 0
    last_run: int | None = None


class ConfigCheck(Model):
    """Config to be checked."""

    selection: str | None = Field(default=None, max_length=100_000)
    assets: list[str] | None = Field(default=None, max_length=20_000)
    job: str | None = Field(default=None, max_length=1000)
    config: dict[str, Json] = {}


class Checked(Model):
    """What is wrong with a config; nothing where it is good."""

    problems: list[FieldProblem]


class Job(Model):
    """A job, with what fires it."""

    name: str
    description: str | None = None
    assets: list[str] = []
    ops: bool = False
    schedules: list[str] = []
    last_run: int | None = None
    last_status: RunStatus | None = None


class Trigger(Model):
    """A schedule or a sensor as it is defined."""

    name: str
    kind: Literal["schedule", "sensor"]
    job: str | None = None
    when: str
    description: str | None = None


class Jobs(Model):
    """Jobs, schedules and sensors of the code."""

    jobs: list[Job]
    triggers: list[Trigger]


# The store


class Disk(Model):
    """What an asset takes on the disk."""

    asset: str
    versions: int
    stored: int = Field(description="Versions whose value is kept")
    bytes: int
    rule: str | None = Field(default=None, description="Its retention, in words")


class Setting(Model):
    """A setting, its value, and where that is from; secrets are masked."""

    name: str
    value: str
    source: str
    help: str


class StorePage(Model):
    """What the store takes, and what is set."""

    folder: str
    database_bytes: int
    artifact_bytes: int
    log_bytes: int
    free_bytes: int
    runs: int
    events: int
    versions: int
    disk: list[Disk]
    disk_next: int | None = None
    settings: list[Setting]
    measured: bool = Field(default=True, description="Whether all assets were looked at; else those so far")


Problem.model_rebuild()
AssetPage.model_rebuild()
