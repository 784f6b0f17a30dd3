-- Keys of dynamic partitions, and backfills.

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
