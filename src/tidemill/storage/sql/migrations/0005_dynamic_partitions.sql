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
