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

-- name: newest_event
SELECT ifnull(max(seq), 0) FROM events

-- name: latest_updates
SELECT s.asset, s.partition, s.latest, e.at, ifnull(r.id, ''), json_extract(e.data, '$.version.data_version'), e.version
FROM slices s JOIN events e ON e.seq = s.latest LEFT JOIN runs r ON r.number = e.run
WHERE s.asset IN (SELECT value FROM json_each(?)) AND s.latest > ?

-- name: latest_verdicts
SELECT v.asset, v.name, v.partition, v.seq, e.at, ifnull(r.id, ''),
    json_extract(e.data, '$.check.passed'), json_extract(e.data, '$.check.version_id')
FROM json_each(?) w JOIN verdicts v ON v.asset = w.value JOIN events e ON e.seq = v.seq
    LEFT JOIN runs r ON r.number = e.run

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

-- name: partitions_among
SELECT partition FROM slices
WHERE asset = ? AND partition IN (SELECT value FROM json_each(?)) AND partition <> '' AND count > 0

-- name: latest_since
SELECT partition, latest FROM slices WHERE asset = ? AND latest > ? AND partition <> ''

-- name: latest_keys
SELECT s.partition, k.key
FROM slices s LEFT JOIN keyed k ON k.asset = s.asset AND k.partition = s.partition AND k.seq = s.latest
WHERE s.asset = ? AND s.partition > ? AND s.latest IS NOT NULL
ORDER BY s.partition LIMIT 10000

-- name: latest_contents
SELECT s.partition, json_extract(e.data, '$.version.data_version')
FROM slices s JOIN events e ON e.seq = s.latest
WHERE s.asset = ? AND s.partition > ?
ORDER BY s.partition LIMIT 10000

-- name: failed_plans
SELECT r.created, c.data, (
    SELECT json_group_array(e.step) FROM events e
    WHERE e.run = r.number AND e.kind IN ('step_failed', 'step_blocked', 'step_canceled', 'step_started'))
FROM runs r JOIN events c ON c.seq = r.created
WHERE r.status = 'failed' AND r.finished > ? AND instr(c.data, ?) AND r.number NOT IN (SELECT run FROM deleted)
ORDER BY r.number

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

-- name: new_dynamic_partitions
SELECT value FROM json_each(:keys)
WHERE NOT EXISTS (SELECT 1 FROM dynamic_partitions WHERE name = :name AND key = value)
ORDER BY id;

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

-- What a page of the server shows at a time.

-- name: events_after
SELECT e.seq, e.run, r.id, e.kind, e.at, e.step, e.attempt, e.asset, e.partition, e.number, e.version, e.data
FROM events e LEFT JOIN runs r ON r.number = e.run
WHERE e.seq > ? ORDER BY e.seq LIMIT ?

-- name: page_of_run_events
SELECT e.seq, e.run, r.id, e.kind, e.at, e.step, e.attempt, e.asset, e.partition, e.number, e.version, e.data
FROM events e LEFT JOIN runs r ON r.number = e.run
WHERE e.run = :run AND e.seq > :after
    AND (:kinds IS NULL OR e.kind IN (SELECT value FROM json_each(:kinds)))
    AND (:step IS NULL OR e.step = :step)
ORDER BY e.seq LIMIT :limit

-- name: page_of_asset_events
-- The places first: the index has them, and of a hundred thousand rows only these few are read.
SELECT e.seq, e.run, r.id, e.kind, e.at, e.step, e.attempt, e.asset, e.partition, e.number, e.version, e.data
FROM (
    SELECT seq FROM events
    WHERE asset = :asset AND seq < :before
        AND (:kinds IS NULL OR kind IN (SELECT value FROM json_each(:kinds)))
    ORDER BY seq DESC LIMIT :limit) p
JOIN events e ON e.seq = p.seq LEFT JOIN runs r ON r.number = e.run
WHERE e.seq NOT IN (SELECT event FROM wiped)
ORDER BY e.seq DESC

-- name: page_of_runs
SELECT r.number
FROM runs r
WHERE r.number < :before AND r.number NOT IN (SELECT run FROM deleted)
    AND (:statuses IS NULL OR r.status IN (SELECT value FROM json_each(:statuses)))
    AND (:job_name IS NULL OR r.job_name = :job_name)
    AND (:since IS NULL OR r.created_at >= :since)
    AND (:until IS NULL OR r.created_at < :until)
ORDER BY r.number DESC LIMIT :limit

-- name: page_of_runs_of_asset
SELECT r.number
FROM run_assets a JOIN runs r ON r.number = a.run
WHERE a.asset = :asset AND a.run < :before AND r.number NOT IN (SELECT run FROM deleted)
    AND (:statuses IS NULL OR r.status IN (SELECT value FROM json_each(:statuses)))
    AND (:job_name IS NULL OR r.job_name = :job_name)
    AND (:since IS NULL OR r.created_at >= :since)
    AND (:until IS NULL OR r.created_at < :until)
    AND (:tag IS NULL OR EXISTS (SELECT 1 FROM run_tags t WHERE t.key = :tag AND t.value = :tagged AND t.run = r.number))
ORDER BY a.run DESC LIMIT :limit

-- name: page_of_runs_of_status
SELECT r.number
FROM runs r
WHERE r.status = :status AND r.number < :before AND r.number NOT IN (SELECT run FROM deleted)
    AND (:job_name IS NULL OR r.job_name = :job_name)
    AND (:since IS NULL OR r.created_at >= :since)
    AND (:until IS NULL OR r.created_at < :until)
ORDER BY r.number DESC LIMIT :limit

-- name: page_of_runs_of_tag
SELECT r.number
FROM run_tags t JOIN runs r ON r.number = t.run
WHERE t.key = :tag AND t.value = :tagged AND t.run < :before AND r.number NOT IN (SELECT run FROM deleted)
    AND (:statuses IS NULL OR r.status IN (SELECT value FROM json_each(:statuses)))
    AND (:job_name IS NULL OR r.job_name = :job_name)
    AND (:since IS NULL OR r.created_at >= :since)
    AND (:until IS NULL OR r.created_at < :until)
ORDER BY t.run DESC LIMIT :limit

-- name: run_heads
SELECT r.number, r.id, r.job_name, r.status, r.created_at, r.started_at, r.finished_at, g.tags, f.data, t.seq
FROM json_each(?) w JOIN runs r ON r.number = w.value
    LEFT JOIN events f ON f.seq = r.finished LEFT JOIN retagged g ON g.run = r.number
    LEFT JOIN trimmed t ON t.run = r.number
ORDER BY w.key

-- name: run_orders
SELECT r.number, c.data FROM json_each(?) w JOIN runs r ON r.number = w.value JOIN events c ON c.seq = r.created

-- name: run_numbers
SELECT id, number FROM runs WHERE id IN (SELECT value FROM json_each(?))

-- name: repeats_of
SELECT run FROM repeats WHERE parent = ? ORDER BY run DESC LIMIT ?

-- name: unfinished
SELECT number, id, created FROM runs WHERE finished IS NULL AND number NOT IN (SELECT run FROM deleted)

-- name: last_of_jobs
SELECT r.job_name, r.number, r.status
FROM json_each(?) w
JOIN runs r ON r.number = (SELECT max(number) FROM runs WHERE job_name = w.value AND number NOT IN (SELECT run FROM deleted))

-- name: step_marks
SELECT seq, step, kind, at, attempt FROM events
WHERE run = ? AND seq > ? AND kind >= 'step_' AND kind < 'step`'
ORDER BY seq

-- name: step_facts
SELECT step, kind, data FROM events
WHERE run = :run AND seq >= :first AND seq <= :last AND step IN (SELECT value FROM json_each(:steps))
    AND kind >= 'step_' AND kind < 'step`' AND kind <> 'step_started'
ORDER BY seq

-- name: made_by_steps
SELECT step, attempt, asset, partition, number, version, json_extract(data, '$.version.data_version') FROM events
WHERE run = :run AND seq >= :first AND seq <= :last AND step IN (SELECT value FROM json_each(:steps))
    AND kind = 'materialized'
ORDER BY seq

-- name: numbers_of_run
SELECT asset, partition, data FROM events WHERE run = :run AND kind = 'materialized' ORDER BY seq LIMIT :limit

-- name: codes_of_run
SELECT asset, json_extract(data, '$.version.code_version') FROM events
WHERE run = :run AND kind = 'materialized' ORDER BY seq LIMIT :limit

-- name: verdicts_of_run
SELECT seq, asset, partition, at, run, data FROM events WHERE run = ? AND kind = 'checked' ORDER BY seq LIMIT ?

-- name: end_of_step
-- What ends a step follows what it made: they are committed together.
SELECT json_extract(data, '$.seconds') FROM events
WHERE seq > :seq AND seq < :seq + 1000 AND +run = :run AND step = :step AND attempt = :attempt
    AND kind = 'step_succeeded'
LIMIT 1

-- name: page_of_versions
SELECT l.*
FROM (
    SELECT seq FROM events
    WHERE asset = :asset AND kind = 'materialized' AND seq < :before
        AND (:any OR partition IS :partition)
    ORDER BY seq DESC LIMIT :limit) p
JOIN log l ON l.seq = p.seq
ORDER BY l.seq DESC

-- name: page_of_slice_versions
SELECT l.* FROM log l
WHERE l.asset = :asset AND l.kind = 'materialized' AND l.partition IS :partition AND l.number < :before
ORDER BY l.number DESC LIMIT :limit

-- name: place_of_version
SELECT seq, run, attempt FROM events WHERE version = ?

-- name: newest_made_from
SELECT e.asset, e.partition, e.version, e.number, json_extract(e.data, '$.version.data_version')
FROM lineage i JOIN events e ON e.seq = i.seq
WHERE i.input = ? AND e.seq NOT IN (SELECT event FROM wiped) ORDER BY i.seq DESC LIMIT ?

-- name: named_versions
SELECT asset, partition, number, version FROM events WHERE version IN (SELECT value FROM json_each(?))

-- name: page_of_verdicts
SELECT e.seq, e.asset, e.partition, e.at, e.run, e.data
FROM (
    SELECT seq FROM events WHERE asset = :asset AND kind = 'checked' AND seq < :before AND seq > :after
    ORDER BY seq DESC LIMIT :most) p
JOIN events e ON e.seq = p.seq
WHERE (:name IS NULL OR json_extract(e.data, '$.check.name') = :name) AND e.seq NOT IN (SELECT event FROM wiped)
ORDER BY e.seq DESC LIMIT :limit

-- name: verdicts_of_assets
SELECT e.seq, v.asset, e.partition, e.at, e.run, e.data
FROM json_each(?) w JOIN verdicts v ON v.asset = w.value JOIN events e ON e.seq = v.seq

-- name: verdict_signs
SELECT v.asset, json_extract(e.data, '$.check.passed'), json_extract(e.data, '$.check.severity'), count(*)
FROM verdicts v JOIN events e ON e.seq = v.seq
WHERE :assets IS NULL OR v.asset IN (SELECT value FROM json_each(:assets))
GROUP BY 1, 2, 3

-- name: lengths_of_series
SELECT label, count(*) FROM metrics WHERE asset = ? GROUP BY label ORDER BY label

-- name: thinned_series
SELECT e.number, e.partition, e.at, m.value
FROM (
    SELECT seq, value, row_number() OVER (ORDER BY seq DESC) - 1 AS back FROM metrics
    WHERE asset = :asset AND label = :label) m
JOIN events e ON e.seq = m.seq
WHERE m.back % :stride = 0 AND (:any OR e.partition IS :partition)
ORDER BY m.seq

-- name: sums_of_assets
SELECT s.asset, sum(s.count), sum(s.partition <> '' AND s.count > 0), max(s.latest)
FROM json_each(?) w JOIN slices s ON s.asset = w.value
GROUP BY s.asset

-- name: sums_of_all
SELECT asset, sum(count), sum(partition <> '' AND count > 0), max(latest) FROM slices GROUP BY asset

-- name: heads_at
SELECT e.seq, e.asset, e.partition, e.number, e.at, e.run, e.data
FROM json_each(?) w JOIN events e ON e.seq = w.value

-- name: disk_of_asset
-- Values that versions share are counted once.
SELECT ifnull(sum(used), 0), ifnull(sum(size * (used > 0)), 0)
FROM (
    SELECT max(a.size) AS size, sum(NOT EXISTS (SELECT 1 FROM dropped d WHERE d.version = e.seq)) AS used
    FROM events e CROSS JOIN artifacts a ON a.address = e.artifact
    WHERE e.asset = ? AND e.kind = 'materialized'
    GROUP BY e.artifact)

-- name: settled_steps
SELECT e.seq, e.step, e.kind, e.at, e.run, r.id, e.data
FROM (
    SELECT max(seq) AS seq FROM events
    WHERE kind IN ('step_failed', 'step_reused', 'step_skipped') GROUP BY step) s
JOIN events e ON e.seq = s.seq LEFT JOIN runs r ON r.number = e.run
WHERE e.kind = 'step_failed'

-- name: succeeded_since
SELECT 1
FROM run_assets a JOIN events e ON e.run = a.run AND e.seq > :seq
WHERE a.asset = :asset AND a.run >= :run AND e.step = :step AND e.kind = 'step_succeeded'
LIMIT 1

-- name: standings_of
SELECT s.asset, s.partition, e.version, e.number, json_extract(e.data, '$.version.version_key'),
    json_extract(e.data, '$.version.data_version'), e.at
FROM json_each(?) w JOIN slices s ON s.asset = w.value JOIN events e ON e.seq = s.latest

-- name: totals
SELECT (SELECT count(*) FROM runs), (SELECT ifnull(sum(count), 0) FROM slices)

-- name: count_of_events
SELECT count(*) FROM events
