-- Who drives a run, what versions were made from, and who holds what is scarce.

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

INSERT INTO leases (run, fence, seq)
SELECT r.number, 1, r.created FROM runs r JOIN events e ON e.seq = r.created
WHERE json_extract(e.data, '$.run.lease') IS NOT NULL;

INSERT INTO keyed (asset, partition, key, seq)
SELECT asset, ifnull(partition, ''), json_extract(data, '$.version.version_key'), seq FROM events
WHERE kind = 'materialized' AND json_extract(data, '$.version.version_key') IS NOT NULL;
