-- What is said of assets and runs from outside of runs: observations that count, and what is to be forgotten.

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

DROP VIEW log;

CREATE VIEW log AS
SELECT
    e.seq, e.run, r.id AS run_id, e.kind, e.at, e.step, e.attempt, e.asset, e.partition, e.number, e.version, e.data,
    e.artifact, a.size, a.content, a.canonical, a.type_name, a.identity, a.inline, d.seq AS dropped
FROM events e
LEFT JOIN runs r ON r.number = e.run
LEFT JOIN artifacts a ON a.address = e.artifact
LEFT JOIN dropped d ON d.version = e.seq
WHERE e.seq NOT IN (SELECT event FROM wiped);
