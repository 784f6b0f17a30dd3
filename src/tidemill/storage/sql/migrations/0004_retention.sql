-- What retention let go of, and the rules that say how long values are kept.

CREATE INDEX events_of_artifact ON events (artifact) WHERE artifact IS NOT NULL;

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

DROP VIEW log;

CREATE VIEW log AS
SELECT
    e.seq, e.run, r.id AS run_id, e.kind, e.at, e.step, e.attempt, e.asset, e.partition, e.number, e.version, e.data,
    e.artifact, a.size, a.content, a.canonical, a.type_name, a.identity, a.inline, d.seq AS dropped
FROM events e
LEFT JOIN runs r ON r.number = e.run
LEFT JOIN artifacts a ON a.address = e.artifact
LEFT JOIN dropped d ON d.version = e.seq;
