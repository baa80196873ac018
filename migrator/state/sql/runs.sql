-- name: begin
-- A run of one process, from the key up to which all is done when it begins: that of the first range that is open.
INSERT INTO migrator.backfill_run (migration, name, actor, host, process, from_key, to_key)
SELECT b.migration, b.name, %(actor)s, %(host)s, %(process)s, k.key, k.key
FROM migrator.backfill AS b, LATERAL (
    SELECT CASE WHEN b.checkpoint <> '[]' THEN b.checkpoint ELSE (
        SELECT r.checkpoint FROM migrator.backfill_range AS r
        WHERE r.migration = b.migration AND r.name = b.name AND r.state = 'open' ORDER BY r.position LIMIT 1) END AS key
) AS k
WHERE b.migration = %(migration)s AND b.name = %(name)s
UNION ALL
SELECT %(migration)s, %(name)s, %(actor)s, %(host)s, %(process)s, NULL, NULL
WHERE NOT EXISTS (SELECT FROM migrator.backfill WHERE migration = %(migration)s AND name = %(name)s)
RETURNING id;

-- name: update
-- What it has done so far, so that a killed run is in the history with its figures.
UPDATE migrator.backfill_run r
SET rows = %(rows)s, batches = %(batches)s, seconds = %(seconds)s, throttled = %(throttled)s,
    to_key = coalesce((
        SELECT CASE WHEN b.checkpoint <> '[]' THEN b.checkpoint ELSE (
            SELECT o.checkpoint FROM migrator.backfill_range AS o
            WHERE o.migration = b.migration AND o.name = b.name AND o.state = 'open' ORDER BY o.position LIMIT 1) END
        FROM migrator.backfill AS b WHERE b.migration = r.migration AND b.name = r.name), r.to_key),
    seen_at = clock_timestamp(), outcome = %(outcome)s,
    ended_at = CASE WHEN %(outcome)s::text IS NULL THEN NULL ELSE clock_timestamp() END
WHERE id = %(id)s;

-- name: read
-- The latest first.
SELECT migration, name, actor, host, process, started_at, seen_at, ended_at, outcome, from_key, to_key, rows, batches,
       seconds, throttled
FROM migrator.backfill_run
WHERE (%(migration)s::text IS NULL OR migration = %(migration)s) AND (%(name)s::text IS NULL OR name = %(name)s)
ORDER BY started_at DESC, id DESC LIMIT %(most)s;
