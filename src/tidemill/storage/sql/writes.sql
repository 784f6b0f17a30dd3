-- What an append writes: the log and the bytes beside it, then what `projections.fold` names.

-- name: run_status
SELECT r.number, r.status, l.fence FROM runs r LEFT JOIN leases l ON l.run = r.number WHERE r.id = ?

-- name: last_run_number
SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'runs'

-- name: last_version_number
-- Of a slice that was wiped the log knows it: a number is never given twice.
SELECT ifnull(
    (SELECT count FROM slices WHERE asset = :asset AND partition = :slice),
    (SELECT ifnull(max(number), 0) FROM events
     WHERE asset = :asset AND kind = 'materialized' AND partition IS nullif(:slice, '')))

-- name: log_event
INSERT INTO events (run, number, at, kind, step, attempt, asset, partition, version, artifact, data)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: keep_artifact
INSERT INTO artifacts (address, size, content, canonical, type_name, identity, inline) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (address) DO UPDATE SET
    content = excluded.content,
    canonical = excluded.canonical,
    identity = ifnull(excluded.identity, identity),
    inline = ifnull(inline, excluded.inline)

-- name: keep_blob
INSERT INTO blobs (digest, data) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING

-- name: keep_recipe
INSERT INTO recipes (fingerprint, data) VALUES (?, ?) ON CONFLICT DO NOTHING

-- name: record_identity
UPDATE artifacts SET identity = ? WHERE address = ?

-- name: run_created
INSERT INTO runs (number, id, job_name, status, created_at, created) VALUES (?, ?, ?, 'queued', ?, ?)

-- name: run_tagged
INSERT INTO run_tags (key, value, run) VALUES (?, ?, ?)

-- name: run_means
INSERT OR IGNORE INTO run_assets (asset, run) VALUES (?, ?)

-- name: run_repeats
INSERT INTO repeats (parent, run) VALUES (?, ?)

-- name: run_started
UPDATE runs SET status = 'started', started_at = ifnull(started_at, ?) WHERE number = ?

-- name: run_finished
UPDATE runs SET status = ?, finished_at = ?, finished = ? WHERE number = ?

-- name: leased
INSERT INTO leases (run, fence, seq) VALUES (?, 1, ?)
ON CONFLICT (run) DO UPDATE SET fence = fence + 1, seq = excluded.seq

-- name: beat
INSERT INTO heartbeats (run, at) VALUES (?, ?)
ON CONFLICT (run) DO UPDATE SET at = excluded.at

-- name: forget_live
DELETE FROM heartbeats WHERE run = ?

-- name: release_run
DELETE FROM claims WHERE run = ?

-- name: release_step
DELETE FROM claims WHERE run = ? AND step = ?

-- name: claim
INSERT INTO claims (run, step, pool, amount, units) VALUES (?, ?, ?, ?, ?)

-- name: slice_seen
INSERT INTO slices (asset, partition, count) VALUES (?, ?, 0) ON CONFLICT DO NOTHING

-- name: version_made
INSERT INTO slices (asset, partition, count, latest) VALUES (?, ?, ?, ?)
ON CONFLICT (asset, partition) DO UPDATE SET count = excluded.count, latest = excluded.latest

-- name: made_from
INSERT INTO lineage (input, seq) VALUES (?, ?) ON CONFLICT DO NOTHING

-- name: measured
INSERT INTO metrics (asset, label, seq, value) VALUES (?, ?, ?, ?)

-- name: gave_none
INSERT INTO withheld (asset, partition, key, previous) VALUES (?, ?, ?, ?)
ON CONFLICT (asset, partition, key) DO UPDATE SET previous = excluded.previous

-- name: rule_given
INSERT INTO rules (asset, keep, ttl) VALUES (?, ?, ?)
ON CONFLICT (asset) DO UPDATE SET keep = excluded.keep, ttl = excluded.ttl

-- name: rules_taken
DELETE FROM rules WHERE asset IN (SELECT value FROM json_each(?))

-- name: value_dropped
INSERT INTO dropped (version, seq) SELECT seq, ? FROM events WHERE version = ? ON CONFLICT DO NOTHING

-- name: unkeyed
DELETE FROM keyed WHERE (asset, partition, key, seq) IN (
    SELECT asset, ifnull(partition, ''), json_extract(data, '$.version.version_key'), seq FROM events WHERE version = ?)

-- name: let_go_inline
UPDATE artifacts SET inline = NULL
WHERE address IN (SELECT artifact FROM events WHERE version IN (SELECT value FROM json_each(?)))
    AND inline IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM events e
        WHERE e.artifact = artifacts.address AND NOT EXISTS (SELECT 1 FROM dropped d WHERE d.version = e.seq))

-- name: run_trimmed
INSERT INTO trimmed (run, seq) VALUES (?, ?) ON CONFLICT DO NOTHING

-- name: trimmable_runs
SELECT number FROM runs
WHERE number >= ? AND finished_at < ? AND number NOT IN (SELECT run FROM trimmed) ORDER BY number LIMIT ?

-- name: page_of_run
SELECT count(*), ifnull(max(seq), 0) FROM (SELECT seq FROM events WHERE run = ? AND seq > ? ORDER BY seq LIMIT ?)

-- name: drop_chatter
DELETE FROM events
WHERE run = ? AND seq > ? AND seq <= ? AND kind IN (SELECT value FROM json_each(?))
    AND json_extract(data, '$.withheld') IS NULL

-- name: made_as
INSERT INTO keyed (asset, partition, key, seq) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING

-- name: partition_added
INSERT OR IGNORE INTO dynamic_partitions (name, key) VALUES (?, ?);

-- name: partition_removed
DELETE FROM dynamic_partitions WHERE name = ? AND key = ?;

-- name: backfill_requested
INSERT INTO backfills (id, status, seq) VALUES (?, 'requested', ?);

-- name: backfill_ended
UPDATE backfills SET status = ?, finished_at = ? WHERE id = ?;

-- name: keep_spans
INSERT INTO spans (asset, "order", upto, stretches, said) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (asset) DO UPDATE SET
    "order" = excluded."order", upto = excluded.upto, stretches = excluded.stretches, said = excluded.said;

-- name: observed
INSERT INTO observed (asset, partition, seq) VALUES (?, ?, ?)
ON CONFLICT (asset, partition) DO UPDATE SET seq = excluded.seq

-- name: judged
INSERT INTO verdicts (asset, name, partition, seq) VALUES (?, ?, ?, ?)
ON CONFLICT (asset, name, partition) DO UPDATE SET seq = excluded.seq

-- name: wipe_verdicts
DELETE FROM verdicts
WHERE asset = :asset AND (:partitions IS NULL OR partition IN (SELECT value FROM json_each(:partitions)))

-- name: wipe_facts
INSERT INTO wiped (event, seq)
SELECT seq, :seq FROM events
WHERE asset = :asset AND seq < :seq
    AND (:partitions IS NULL OR partition IN (SELECT value FROM json_each(:partitions)))
ON CONFLICT DO NOTHING

-- name: wipe_slices
DELETE FROM slices
WHERE asset = :asset AND (:partitions IS NULL OR partition IN (SELECT value FROM json_each(:partitions)))

-- name: wipe_observed
DELETE FROM observed
WHERE asset = :asset AND (:partitions IS NULL OR partition IN (SELECT value FROM json_each(:partitions)))

-- name: wipe_keyed
DELETE FROM keyed
WHERE asset = :asset AND (:partitions IS NULL OR partition IN (SELECT value FROM json_each(:partitions)))

-- name: wipe_withheld
DELETE FROM withheld
WHERE asset = :asset AND (:partitions IS NULL OR partition IN (SELECT value FROM json_each(:partitions)))

-- name: wipe_spans
DELETE FROM spans WHERE asset = :asset

-- name: wipe_metrics
DELETE FROM metrics WHERE asset = :asset AND seq IN (SELECT event FROM wiped)

-- name: run_deleted
INSERT INTO deleted (run, seq) SELECT number, ? FROM runs WHERE id = ? ON CONFLICT DO NOTHING

-- name: run_retagged
INSERT INTO retagged (run, tags) SELECT number, ? FROM runs WHERE id = ?
ON CONFLICT (run) DO UPDATE SET tags = json_patch(tags, excluded.tags)

-- name: run_untagged
DELETE FROM run_tags WHERE key = ? AND run = (SELECT number FROM runs WHERE id = ?)

-- name: run_tagged_later
INSERT INTO run_tags (key, value, run) SELECT ?, ?, number FROM runs WHERE id = ?
