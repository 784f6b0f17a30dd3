-- Keys of dynamic partitions.

CREATE TABLE dynamic_partitions (
    id INTEGER PRIMARY KEY,    -- the order in which they were added
    name TEXT NOT NULL,        -- of the definition
    key TEXT NOT NULL,
    UNIQUE (name, key)
);
