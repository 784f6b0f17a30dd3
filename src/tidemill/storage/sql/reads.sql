-- What the store reads. A query that ends in ORDER BY is completed with a direction and a limit, `runs` with its order.

-- name: run_by_id
SELECT r.number, r.status, r.started_at, r.finished_at, c.data, f.data, t.seq, g.tags
FROM runs r JOIN events c ON c.seq = r.created LEFT JOIN events f ON f.seq = r.finished
    LEFT JOIN trimmed t ON t.run = r.number LEFT JOIN retagged g ON g.run = r.number
WHERE r.id = ? AND r.number NOT IN (SELECT run FROM deleted)

-- name: run_ids
SELECT id FROM runs WHERE number = :number AND number NOT IN (SELECT run FROM deleted)
UNION
SELECT id FROM runs
WHERE :part IS NOT NULL AND (substr(id, 1, length(:part)) = :part OR substr(id, -length(:part)) = :part)
    AND number NOT IN (SELECT run FROM deleted)
LIMIT 6

-- name: newest_runs
SELECT number, id, job_name FROM runs WHERE number NOT IN (SELECT run FROM deleted) ORDER BY number DESC LIMIT 3

-- name: runs
SELECT r.number, r.status, r.started_at, r.finished_at, c.data, f.data, t.seq, g.tags
FROM runs r JOIN events c ON c.seq = r.created LEFT JOIN events f ON f.seq = r.finished
    LEFT JOIN trimmed t ON t.run = r.number LEFT JOIN retagged g ON g.run = r.number
WHERE r.number NOT IN (SELECT run FROM deleted)
    AND (:statuses IS NULL OR r.status IN (SELECT value FROM json_each(:statuses)))
    AND (:job_name IS NULL OR r.job_name = :job_name)
    AND (:ids IS NULL OR r.id IN (SELECT value FROM json_each(:ids)))
    AND (:created_after IS NULL OR r.created_at > :created_after)
    AND (:created_before IS NULL OR r.created_at < :created_before)
    AND (:before IS NULL OR r.number < :before)
    AND NOT EXISTS (
        SELECT 1 FROM json_each(:tags) wanted WHERE NOT EXISTS (
            SELECT 1 FROM run_tags t WHERE t.key = wanted.key AND t.value = wanted.value AND t.run = r.number))

-- name: live_runs
SELECT r.id, r.number, r.job_name, l.fence, e.data, max(ifnull(h.at, 0), ifnull(
    (SELECT max(at) FROM events WHERE run = r.number), 0))
FROM runs r JOIN leases l ON l.run = r.number JOIN events e ON e.seq = l.seq LEFT JOIN heartbeats h ON h.run = r.number
WHERE r.finished IS NULL AND r.id <> ?

-- name: claims
SELECT c.pool, c.amount, c.units, r.number, c.step
FROM claims c JOIN runs r ON r.number = c.run
WHERE c.pool IN (SELECT value FROM json_each(?))

-- name: known_recipes
SELECT fingerprint FROM recipes WHERE fingerprint IN (SELECT value FROM json_each(?))

-- name: recipe
SELECT data FROM recipes WHERE fingerprint = ?

-- name: versions_by_key
SELECT l.*, w.key
FROM json_each(:wanted) w
JOIN keyed k ON k.asset = json_extract(w.value, '$[0]') AND k.partition = json_extract(w.value, '$[1]')
    AND k.key = json_extract(w.value, '$[2]')
JOIN log l ON l.seq = k.seq
ORDER BY k.seq

-- name: steps
SELECT e.step, e.kind, e.at, e.attempt, e.data
FROM runs r JOIN events e ON e.run = r.number
WHERE r.id = ? AND e.kind >= 'step_' AND e.kind < 'step`'
ORDER BY e.seq

-- name: traces
SELECT e.step, e.kind, e.at, e.attempt, e.data
FROM runs r JOIN events e ON e.run = r.number
WHERE r.id = ? AND e.kind IN ('step_failed', 'step_succeeded', 'step_skipped', 'materialized', 'checked')
ORDER BY e.seq

-- name: events_of_run
SELECT * FROM log
WHERE run = CASE :run_id WHEN '' THEN 0 ELSE (SELECT number FROM runs WHERE id = :run_id) END AND seq > :after AND (:before IS NULL OR seq < :before)
    AND (:kinds IS NULL OR kind IN (SELECT value FROM json_each(:kinds)))
    AND (:step IS NULL OR step = :step)
    AND (:partition IS '*' OR partition IS :partition)
    AND (:asset IS NULL OR asset = :asset)
    AND (:check IS NULL OR CASE kind WHEN 'checked' THEN json_extract(data, '$.check.name') END = :check)
ORDER BY seq

-- name: events_of_asset
SELECT * FROM log
WHERE asset = :asset AND seq > :after AND (:before IS NULL OR seq < :before)
    AND (:kinds IS NULL OR kind IN (SELECT value FROM json_each(:kinds)))
    AND (:step IS NULL OR step = :step)
    AND (:partition IS '*' OR partition IS :partition)
    AND (:check IS NULL OR CASE kind WHEN 'checked' THEN json_extract(data, '$.check.name') END = :check)
ORDER BY seq

-- name: events
SELECT * FROM log
WHERE seq > :after AND (:before IS NULL OR seq < :before)
    AND (:kinds IS NULL OR kind IN (SELECT value FROM json_each(:kinds)))
    AND (:step IS NULL OR step = :step)
    AND (:partition IS '*' OR partition IS :partition)
    AND (:check IS NULL OR CASE kind WHEN 'checked' THEN json_extract(data, '$.check.name') END = :check)
ORDER BY seq

-- name: log_page
SELECT * FROM log WHERE seq > ? ORDER BY seq LIMIT 1000

-- name: blob
SELECT data FROM blobs WHERE digest = ?

-- name: latest_versions
-- The columns of the view `log`, but NULL for what no version has and for what would only repeat a column: a text less
-- for each of ten thousand rows counts.
SELECT NULL, NULL, l.run_id, NULL, NULL, nullif(l.step, l.asset), NULL, l.asset, l.partition, l.number, l.version, l.data,
    l.artifact, l.size, nullif(l.content, l.artifact), l.canonical, l.type_name, l.identity, l.inline, l.dropped, w.key
FROM json_each(:wanted) w
JOIN slices s ON s.asset = json_extract(w.value, '$[0]') AND s.partition = json_extract(w.value, '$[1]')
JOIN log l ON l.seq = s.latest

-- name: latest_of_assets
-- The same of assets as a whole: plain names, where a pair would be taken apart twice.
SELECT NULL, NULL, l.run_id, NULL, NULL, nullif(l.step, l.asset), NULL, l.asset, l.partition, l.number, l.version, l.data,
    l.artifact, l.size, nullif(l.content, l.artifact), l.canonical, l.type_name, l.identity, l.inline, l.dropped, w.key
FROM json_each(?) w JOIN slices s ON s.asset = w.value AND s.partition = ''
JOIN log l ON l.seq = s.latest

-- name: standings
SELECT s.asset, s.partition, e.version, e.number, json_extract(e.data, '$.version.version_key'),
    json_extract(e.data, '$.version.data_version'), e.at
FROM slices s JOIN events e ON e.seq = s.latest
WHERE s.asset NOT IN (SELECT value FROM json_each(:but))

-- name: newest_event
SELECT ifnull(max(seq), 0) FROM events

-- name: latest_updates
SELECT s.asset, s.partition, s.latest, e.at, ifnull(r.id, ''), json_extract(e.data, '$.version.data_version'), e.version
FROM slices s JOIN events e ON e.seq = s.latest LEFT JOIN runs r ON r.number = e.run
WHERE s.asset IN (SELECT value FROM json_each(?))

-- name: latest_verdicts
SELECT e.asset, json_extract(e.data, '$.check.name') AS name, e.partition, max(e.seq), e.at, ifnull(r.id, ''),
    json_extract(e.data, '$.check.passed'), json_extract(e.data, '$.check.version_id')
FROM events e LEFT JOIN runs r ON r.number = e.run
WHERE e.kind = 'checked' AND e.asset IN (SELECT value FROM json_each(?)) AND e.seq NOT IN (SELECT event FROM wiped)
GROUP BY e.asset, name, e.partition

-- name: withheld
SELECT asset, partition, key, previous FROM withheld

-- name: version_by_id
SELECT * FROM log WHERE version = ?

-- name: version_by_number
SELECT * FROM log WHERE asset = ? AND kind = 'materialized' AND partition IS ? AND number = ?

-- name: newest_numbers
SELECT number FROM events WHERE asset = ? AND kind = 'materialized' AND partition IS ? ORDER BY number DESC LIMIT 5

-- name: versions_of_slice
SELECT * FROM log
WHERE asset = :asset AND kind = 'materialized' AND partition IS :partition
    AND (:before IS NULL OR seq < (SELECT seq FROM events WHERE version = :before))
ORDER BY number

-- name: latest_of_asset
SELECT * FROM log WHERE seq = (SELECT max(latest) FROM slices WHERE asset = :asset)

-- name: versions_of_asset
SELECT * FROM log
WHERE asset = :asset AND kind = 'materialized'
    AND (:before IS NULL OR seq < (SELECT seq FROM events WHERE version = :before))
ORDER BY seq

-- name: versions_of_run
SELECT * FROM log WHERE run = (SELECT number FROM runs WHERE id = ?) AND kind = 'materialized' ORDER BY seq

-- name: versions_made_from
SELECT l.* FROM lineage i JOIN log l ON l.seq = i.seq WHERE i.input = ? ORDER BY i.seq

-- name: versions_of_artifact
SELECT * FROM log WHERE artifact = ? AND kind = 'materialized' ORDER BY seq

-- name: asset_names
SELECT DISTINCT asset FROM slices ORDER BY asset

-- name: partition_count
SELECT count(*) FROM slices WHERE asset = ? AND partition <> '' AND count > 0

-- name: some_partitions
SELECT partition FROM slices WHERE asset = ? AND partition <> '' AND count > 0 ORDER BY partition LIMIT ?

-- name: partitions_since
SELECT DISTINCT partition FROM events
WHERE seq > ? AND +asset = ? AND kind = 'materialized' AND partition IS NOT NULL

-- name: last_seq
SELECT ifnull(max(seq), 0) FROM events

-- name: spans
SELECT "order", upto, stretches, said FROM spans WHERE asset = ?

-- name: whole_counts
SELECT s.asset, s.count
FROM json_each(:assets) w JOIN slices s ON s.asset = w.value AND s.partition = ''

-- name: slices
SELECT asset, partition, count FROM slices WHERE :asset IS NULL OR asset = :asset ORDER BY asset, partition

-- name: series
SELECT e.version, e.number, e.at, m.value, e.partition
FROM metrics m JOIN events e ON e.seq = m.seq
WHERE m.asset = :asset AND m.label = :label AND (:any OR e.partition IS :partition)
ORDER BY m.seq

-- name: series_labels
SELECT DISTINCT label FROM metrics WHERE asset = ? ORDER BY label

-- name: artifacts_page
SELECT address, size, content, canonical, type_name, identity, inline FROM artifacts
WHERE address > ? AND EXISTS (
    SELECT 1 FROM events e
    WHERE e.artifact = artifacts.address AND NOT EXISTS (SELECT 1 FROM dropped d WHERE d.version = e.seq))
ORDER BY address LIMIT 200

-- name: rules
SELECT asset, keep, ttl FROM rules

-- name: held_values
SELECT e.seq, e.version, e.asset, e.partition, e.number, e.at, e.artifact, a.size,
    (SELECT n.seq FROM events n
     WHERE n.asset = e.asset AND n.kind = 'materialized' AND n.partition IS e.partition AND n.number > e.number
     ORDER BY n.number LIMIT 1),
    a.inline IS NOT NULL
FROM events e CROSS JOIN artifacts a ON a.address = e.artifact
WHERE e.asset IN (SELECT value FROM json_each(?)) AND e.kind = 'materialized'
    AND NOT EXISTS (SELECT 1 FROM dropped d WHERE d.version = e.seq)
ORDER BY e.seq

-- name: addresses_in_use
SELECT w.value FROM json_each(:addresses) w
WHERE EXISTS (
    SELECT 1 FROM events e
    WHERE e.artifact = w.value AND (:besides IS NULL OR e.asset IS NULL OR e.asset NOT IN (SELECT value FROM json_each(:besides)))
        AND NOT EXISTS (SELECT 1 FROM dropped d WHERE d.version = e.seq))

-- name: oldest_live_run
SELECT min(r.created), min(r.created_at) FROM runs r JOIN leases l ON l.run = r.number WHERE r.finished IS NULL

-- name: needed_versions
WITH RECURSIVE family (number) AS (
    SELECT r.number FROM runs r JOIN leases l ON l.run = r.number WHERE r.finished IS NULL
    UNION
    SELECT p.number
    FROM family f JOIN runs r ON r.number = f.number JOIN events c ON c.seq = r.created
    JOIN runs p ON p.id = json_extract(c.data, '$.run.parent_id')
)
SELECT e.version FROM family f JOIN events e ON e.run = f.number WHERE e.kind = 'materialized'
UNION
SELECT json_extract(i.value, '$.id')
FROM family f JOIN events e ON e.run = f.number JOIN json_each(e.data, '$.version.inputs') i
WHERE e.kind = 'materialized'

-- name: drop_of
SELECT d.at, json_extract(d.data, '$.reason')
FROM events v JOIN dropped x ON x.version = v.seq JOIN events d ON d.seq = x.seq
WHERE v.version = ?

-- name: ends_of_runs
SELECT id, number, finished_at FROM runs WHERE id IN (SELECT value FROM json_each(?))

-- name: chatter
SELECT count(DISTINCT r.number), count(*)
FROM runs r JOIN events e ON e.run = r.number
WHERE r.finished_at < :before AND r.number NOT IN (SELECT run FROM trimmed)
    AND e.kind IN (SELECT value FROM json_each(:kinds)) AND json_extract(e.data, '$.withheld') IS NULL

-- name: dynamic_keys
SELECT name, key FROM dynamic_partitions ORDER BY id;

-- name: dynamic_partitions
SELECT key FROM dynamic_partitions WHERE name = ? ORDER BY id;

-- name: has_dynamic_partition
SELECT 1 FROM dynamic_partitions WHERE name = ? AND key = ?;

-- name: backfills
SELECT b.number, b.status, b.finished_at, e.data
FROM backfills b JOIN events e ON e.seq = b.seq
WHERE (:id IS NULL OR b.id = :id OR b.number = :number) AND (:status IS NULL OR b.status = :status)
ORDER BY b.number DESC
LIMIT :limit;

-- name: backfill_runs
SELECT r.id, r.status FROM run_tags t JOIN runs r ON r.number = t.run WHERE t.key = 'dagster/backfill' AND t.value = ?;

-- name: observations
-- What slices were observed to be after their latest version, where they have one.
SELECT w.key, json_extract(e.data, '$.observation.data_version'), e.at
FROM json_each(:wanted) w
JOIN observed o ON o.asset = json_extract(w.value, '$[0]') AND o.partition = json_extract(w.value, '$[1]')
JOIN events e ON e.seq = o.seq
LEFT JOIN slices s ON s.asset = o.asset AND s.partition = o.partition
WHERE s.latest IS NULL OR s.latest < o.seq

-- name: all_observations
SELECT o.asset, o.partition, json_extract(e.data, '$.observation.data_version'), e.at
FROM observed o JOIN events e ON e.seq = o.seq
LEFT JOIN slices s ON s.asset = o.asset AND s.partition = o.partition
WHERE s.latest IS NULL OR s.latest < o.seq
