-- The schema of a store: the sum of the migrations (a test compares them).

-- Kept for good: the log, and the bytes that its rows name by digest.

CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,      -- number of the run; 0 outside of runs
    at INTEGER NOT NULL,       -- UTC microseconds
    kind TEXT NOT NULL,
    step TEXT,
    attempt INTEGER,
    asset TEXT,
    partition TEXT,
    number INTEGER,            -- of a version: counts per asset and partition
    version TEXT,              -- its id
    artifact TEXT,             -- its address
    data TEXT NOT NULL         -- the other fields, as JSON
);
CREATE INDEX events_of_run ON events (run);
CREATE INDEX events_of_asset ON events (asset, kind, partition, number) WHERE asset IS NOT NULL;
CREATE UNIQUE INDEX events_of_version ON events (version) WHERE version IS NOT NULL;
CREATE INDEX events_of_artifact ON events (artifact) WHERE artifact IS NOT NULL;
CREATE INDEX steps_that_made_nothing ON events (step)
    WHERE kind IN ('step_failed', 'step_reused', 'step_skipped');

CREATE TABLE artifacts (
    address TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    content TEXT NOT NULL,
    canonical INTEGER NOT NULL,
    type_name TEXT NOT NULL,
    identity TEXT,             -- of the file when last written or verified: inode, size, mtime, ctime
    inline BLOB                -- the container itself, where it is small
) WITHOUT ROWID;

CREATE TABLE blobs (
    id INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    data TEXT NOT NULL         -- JSON of a metadata value too large for its row
);

CREATE TABLE migrations (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    tidemill TEXT NOT NULL     -- the version that applied it
);

CREATE TABLE recipes (
    fingerprint TEXT PRIMARY KEY,
    data TEXT NOT NULL         -- JSON: the parts of the code that the fingerprint stands for
) WITHOUT ROWID;

-- Of runs that are not over: gone with them, and no part of the log.

CREATE TABLE heartbeats (
    run INTEGER PRIMARY KEY,
    at INTEGER NOT NULL        -- the last sign of life of its driver, UTC microseconds
);

CREATE TABLE claims (
    run INTEGER NOT NULL,
    step TEXT NOT NULL,
    pool TEXT NOT NULL,
    amount INTEGER NOT NULL,
    units TEXT NOT NULL,       -- which of them, where they have numbers (GPUs): '0,1'
    PRIMARY KEY (run, step, pool)
) WITHOUT ROWID;

-- Folded from the log; emptied and folded again by a rebuild. What an index of the log can answer is not among them.

CREATE TABLE runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice
    id TEXT NOT NULL UNIQUE,
    job_name TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    created INTEGER NOT NULL,  -- seq of the event with the whole run
    finished INTEGER           -- seq of the event that ended it
);
CREATE INDEX unfinished_runs ON runs (finished) WHERE finished IS NULL;
CREATE INDEX runs_by_status ON runs (status, number);
CREATE INDEX runs_by_job ON runs (job_name, number);

CREATE TABLE run_tags (
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    run INTEGER NOT NULL,
    PRIMARY KEY (key, value, run)
) WITHOUT ROWID;

CREATE TABLE slices (          -- an asset, or one partition of it
    asset TEXT NOT NULL,
    partition TEXT NOT NULL,   -- '' for the asset as a whole
    count INTEGER NOT NULL,    -- versions so far: the number of the latest
    latest INTEGER,            -- seq of the latest version
    PRIMARY KEY (asset, partition)
) WITHOUT ROWID;

CREATE TABLE lineage (
    input TEXT NOT NULL,       -- id of a version
    seq INTEGER NOT NULL,      -- of a version that was made from it
    PRIMARY KEY (input, seq)
) WITHOUT ROWID;

CREATE TABLE metrics (
    asset TEXT NOT NULL,
    label TEXT NOT NULL,
    seq INTEGER NOT NULL,      -- of the version
    value REAL,                -- NULL for NaN, which SQLite does not have
    PRIMARY KEY (asset, label, seq)
) WITHOUT ROWID;

CREATE TABLE leases (          -- of runs that another process can find dead
    run INTEGER PRIMARY KEY,
    fence INTEGER NOT NULL,    -- how many drivers the run has had
    seq INTEGER NOT NULL       -- of the event with the lease of the last one
);

CREATE TABLE keyed (           -- versions by what they were made from
    asset TEXT NOT NULL,
    partition TEXT NOT NULL,
    key TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (asset, partition, key, seq)
) WITHOUT ROWID;

CREATE TABLE withheld (        -- keys for which a step ran and gave nothing
    asset TEXT NOT NULL,
    partition TEXT NOT NULL,
    key TEXT NOT NULL,
    previous TEXT,             -- id of the version that it compared with; '' where there was none to compare with
    PRIMARY KEY (asset, partition, key)
) WITHOUT ROWID;

CREATE TABLE rules (           -- of assets that have one, as the last run that planned them said
    asset TEXT PRIMARY KEY,
    keep INTEGER,              -- how many versions of a slice keep their value
    ttl REAL                   -- seconds
) WITHOUT ROWID;

CREATE TABLE dropped (         -- versions whose value is gone
    version INTEGER PRIMARY KEY,  -- seq of the version
    seq INTEGER NOT NULL       -- of the event that says so
);

CREATE TABLE trimmed (         -- runs whose steps left no events but failures and what they made
    run INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL       -- of the event that says so
);

CREATE TABLE dynamic_partitions (
    id INTEGER PRIMARY KEY,    -- the order in which they were added
    name TEXT NOT NULL,        -- of the definition
    key TEXT NOT NULL,
    UNIQUE (name, key)
);

CREATE TABLE backfills (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL,
    finished_at INTEGER,
    seq INTEGER NOT NULL       -- of the event with the whole backfill
);

CREATE TABLE spans (           -- which partitions of an asset were made; worked out from the log, and at any time again
    asset TEXT PRIMARY KEY,
    "order" TEXT NOT NULL,     -- what the ordinals depend on
    upto INTEGER NOT NULL,     -- seq of the last event that counts
    stretches TEXT NOT NULL,   -- JSON: first and last ordinal of each
    said TEXT NOT NULL         -- the same in keys, one stretch a line
) WITHOUT ROWID;

CREATE TABLE observed (        -- of each slice the latest observation that named a data version
    asset TEXT NOT NULL,
    partition TEXT NOT NULL,
    seq INTEGER NOT NULL,      -- of the event
    PRIMARY KEY (asset, partition)
) WITHOUT ROWID;

CREATE TABLE wiped (           -- facts about assets that somebody had forgotten
    event INTEGER PRIMARY KEY, -- seq of the fact
    seq INTEGER NOT NULL       -- of the event that says so
);

CREATE TABLE deleted (         -- runs that somebody had forgotten
    run INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL       -- of the event that says so
);

CREATE TABLE retagged (        -- tags that runs were given after they were made, or that were changed then
    run INTEGER PRIMARY KEY,
    tags TEXT NOT NULL         -- JSON
);

CREATE TABLE run_assets (      -- which runs meant to make which assets
    asset TEXT NOT NULL,
    run INTEGER NOT NULL,
    PRIMARY KEY (asset, run)
) WITHOUT ROWID;

CREATE TABLE verdicts (        -- of each check of a slice the latest
    asset TEXT NOT NULL,
    name TEXT NOT NULL,
    partition TEXT NOT NULL,
    seq INTEGER NOT NULL,      -- of the event
    PRIMARY KEY (asset, name, partition)
) WITHOUT ROWID;

CREATE TABLE repeats (         -- runs that re-execute another
    parent TEXT NOT NULL,      -- id of that
    run INTEGER NOT NULL,
    PRIMARY KEY (parent, run)
) WITHOUT ROWID;

-- What reads select from.

CREATE VIEW log AS
SELECT
    e.seq, e.run, r.id AS run_id, e.kind, e.at, e.step, e.attempt, e.asset, e.partition, e.number, e.version, e.data,
    e.artifact, a.size, a.content, a.canonical, a.type_name, a.identity, a.inline, d.seq AS dropped
FROM events e
LEFT JOIN runs r ON r.number = e.run
LEFT JOIN artifacts a ON a.address = e.artifact
LEFT JOIN dropped d ON d.version = e.seq
WHERE e.seq NOT IN (SELECT event FROM wiped);
