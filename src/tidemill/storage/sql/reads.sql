-- What the store reads. A query that ends in ORDER BY is completed with a direction and a limit, `runs` with its order.

-- name: run_by_id
SELECT r.number, r.status, r.started_at, r.finished_at, c.data, f.data
FROM runs r JOIN events c ON c.seq = r.created LEFT JOIN events f ON f.seq = r.finished
WHERE r.id = ?

-- name: run_ids
SELECT id FROM runs WHERE number = :number
UNION
SELECT id FROM runs
WHERE :part IS NOT NULL AND (substr(id, 1, length(:part)) = :part OR substr(id, -length(:part)) = :part)
LIMIT 6

-- name: newest_runs
SELECT number, id, job_name FROM runs ORDER BY number DESC LIMIT 3

-- name: runs
SELECT r.number, r.status, r.started_at, r.finished_at, c.data, f.data
FROM runs r JOIN events c ON c.seq = r.created LEFT JOIN events f ON f.seq = r.finished
WHERE (:statuses IS NULL OR r.status IN (SELECT value FROM json_each(:statuses)))
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
SELECT l.*, w.key
FROM json_each(:wanted) w
JOIN slices s ON s.asset = json_extract(w.value, '$[0]') AND s.partition = json_extract(w.value, '$[1]')
JOIN log l ON l.seq = s.latest

-- name: standings
SELECT s.asset, s.partition, e.version, e.number, json_extract(e.data, '$.version.version_key'),
    json_extract(e.data, '$.version.data_version'), e.at
FROM slices s JOIN events e ON e.seq = s.latest

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
SELECT * FROM log WHERE artifact = ? ORDER BY seq

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
WHERE address > ? ORDER BY address LIMIT 200
