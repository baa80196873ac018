-- name: read
-- What operators ask of one backfill; read before every batch, by its primary key.
SELECT b.operator_pause, b.cancelled, b.params, b.bytes_at_start, p.reason AS panic
FROM migrator.backfill b LEFT JOIN migrator.backfill_panic p ON true
WHERE b.migration = %(migration)s AND b.name = %(name)s;

-- name: targets
-- From any host, without the migrations folder: an id, a part of it that is unambiguous, or a backfill's own name.
SELECT migration, name, state, params, operator_pause, cancelled FROM migrator.backfill
WHERE (%(name)s::text IS NULL OR name = %(name)s)
  AND (migration = %(target)s OR name = %(target)s OR position(%(target)s IN migration) > 0)
ORDER BY migration = %(target)s DESC, name = %(target)s DESC, migration, name;

-- name: set_pause
-- From any host, effective within one batch; NULL lets it go on, also after it was cancelled.
UPDATE migrator.backfill SET operator_pause = %(reason)s,
    cancelled = CASE WHEN %(reason)s::text IS NULL THEN NULL ELSE cancelled END
WHERE migration = %(migration)s AND name = ANY (%(names)s);

-- name: set_cancelled
-- The run ends after its batch, and no other begins until an operator resumes it.
UPDATE migrator.backfill SET cancelled = %(reason)s WHERE migration = %(migration)s AND name = ANY (%(names)s);

-- name: set_params
-- Merged, so that two operators who set different things do not undo each other's; NULL gives the default back.
UPDATE migrator.backfill SET params = jsonb_strip_nulls(params || %(params)s::jsonb)
WHERE migration = %(migration)s AND name = ANY (%(names)s)
RETURNING name, params;

-- name: restart
-- As if it had never begun: its places are gone, with the rows that were set aside. Not while a worker has a range.
WITH again AS (
    UPDATE migrator.backfill AS b
    SET state = 'pending', checkpoint = NULL, end_key = NULL, key_window = NULL, part = NULL, is_shared = false,
        rows_done = 0, keys_done = 0, rows_estimate = NULL, batch_size = NULL, throttled_by = NULL, started_at = NULL,
        spec = spec - '{walked,state}'::text[]
    WHERE migration = %(migration)s AND name = ANY (%(names)s) AND state = 'running' AND NOT EXISTS (
        SELECT FROM migrator.backfill_range AS r WHERE r.migration = b.migration AND r.name = b.name
        AND r.state = 'open' AND r.lease_until > clock_timestamp()
        AND EXISTS (SELECT FROM pg_stat_activity AS a WHERE a.pid = r.lease_pid))
    RETURNING migration, name
), places AS (
    DELETE FROM migrator.backfill_range AS r USING again WHERE r.migration = again.migration AND r.name = again.name
), aside AS (
    DELETE FROM migrator.backfill_quarantine AS q USING again WHERE q.migration = again.migration AND q.name = again.name
)
SELECT name FROM again;

-- name: panic
-- One row stops every backfill of this database, also those that nobody has begun.
INSERT INTO migrator.backfill_panic (is_on, reason) VALUES (true, %(reason)s)
ON CONFLICT (is_on) DO UPDATE SET reason = excluded.reason, began_at = clock_timestamp();

-- name: calm
-- Whether there was a panic to end.
DELETE FROM migrator.backfill_panic RETURNING reason;

-- name: panicking
-- For those who ask why nothing runs.
SELECT reason FROM migrator.backfill_panic;

-- name: remember_size
-- Once, so that growth is told from the beginning of the backfill and not of the latest run.
UPDATE migrator.backfill SET bytes_at_start = %(bytes)s
WHERE migration = %(migration)s AND name = %(name)s AND bytes_at_start IS NULL;
