-- What a page of the server asks: the runs of an asset, the last verdict of each check, what became of a step last.

CREATE TABLE run_assets (      -- which runs meant to make which assets
    asset TEXT NOT NULL,
    run INTEGER NOT NULL,
    PRIMARY KEY (asset, run)
) WITHOUT ROWID;

INSERT OR IGNORE INTO run_assets (asset, run)
SELECT a.value, e.run
FROM events e, json_each(e.data, '$.run.steps') s, json_each(s.value, '$.assets') a
WHERE e.kind = 'run_created';

CREATE TABLE verdicts (        -- of each check of a slice the latest
    asset TEXT NOT NULL,
    name TEXT NOT NULL,
    partition TEXT NOT NULL,
    seq INTEGER NOT NULL,      -- of the event
    PRIMARY KEY (asset, name, partition)
) WITHOUT ROWID;

INSERT INTO verdicts (asset, name, partition, seq)
SELECT asset, json_extract(data, '$.check.name'), ifnull(partition, ''), max(seq)
FROM events
WHERE kind = 'checked' AND seq NOT IN (SELECT event FROM wiped)
GROUP BY 1, 2, 3;

CREATE TABLE repeats (         -- runs that re-execute another
    parent TEXT NOT NULL,      -- id of that
    run INTEGER NOT NULL,
    PRIMARY KEY (parent, run)
) WITHOUT ROWID;

INSERT INTO repeats (parent, run)
SELECT json_extract(data, '$.run.parent_id'), run FROM events
WHERE kind = 'run_created' AND json_extract(data, '$.run.parent_id') IS NOT NULL;

CREATE INDEX runs_by_status ON runs (status, number);
CREATE INDEX runs_by_job ON runs (job_name, number);
CREATE INDEX steps_that_made_nothing ON events (step)
    WHERE kind IN ('step_failed', 'step_reused', 'step_skipped');
