-- name: register
-- The first sight of a backfill; a specification may still change while no batch has run.
INSERT INTO migrator.backfill AS b (migration, name, spec, spec_sha256, state)
VALUES (%(migration)s, %(name)s, %(spec)s, %(checksum)s, 'pending')
ON CONFLICT (migration, name) DO UPDATE
    SET spec = excluded.spec, spec_sha256 = excluded.spec_sha256
    WHERE b.state = 'pending' AND b.spec_sha256 <> excluded.spec_sha256;

-- name: read
-- One backfill's row; while it is divided, what its ranges say: up to the checkpoint of the first open one all is done.
SELECT b.migration, b.name, b.spec_sha256, b.state, b.end_key, b.rows_estimate, b.remaining, b.different,
       CASE WHEN r.is_open THEN r.checkpoint WHEN b.checkpoint <> '[]' THEN b.checkpoint END AS checkpoint,
       CASE WHEN r.is_open THEN r.key_window ELSE b.key_window END AS key_window,
       CASE WHEN r.is_open THEN r.part ELSE b.part END AS part, coalesce(r.batch_size, b.batch_size) AS batch_size,
       b.rows_done + coalesce(r.rows_done, 0)::bigint AS rows_done,
       b.keys_done + coalesce(r.keys_done, 0)::bigint AS keys_done
FROM migrator.backfill AS b
LEFT JOIN LATERAL (
    SELECT true AS is_open, sum(rows_done) OVER () AS rows_done, sum(keys_done) OVER () AS keys_done,
           checkpoint, key_window, part, max(batch_size) OVER () AS batch_size
    FROM migrator.backfill_range AS o WHERE o.migration = b.migration AND o.name = b.name
    ORDER BY o.state = 'open' DESC, CASE WHEN o.state = 'open' THEN o.position ELSE -o.position END LIMIT 1
) AS r ON true
WHERE b.migration = %(migration)s AND b.name = %(name)s;

-- name: begin
-- The end is fixed once: rows inserted later are the sync trigger's, so the backfill ends under heavy inserts.
UPDATE migrator.backfill
SET state = 'running', end_key = %(end_key)s, rows_estimate = %(rows_estimate)s,
    spec = spec || jsonb_build_object('walked', %(walked)s::jsonb, 'state', 'migrator.backfill'::regclass::oid::bigint),
    started_at = clock_timestamp(), heartbeat_at = clock_timestamp()
WHERE migration = %(migration)s AND name = %(name)s AND state = 'pending';

-- name: walked
-- By which key each part is walked, as it was at the beginning; our own table has another oid after a restore.
SELECT coalesce(spec -> 'walked', '{}') AS walked,
       (spec ->> 'state')::bigint <> 'migrator.backfill'::regclass::oid::bigint AS is_restored
FROM migrator.backfill WHERE migration = %(migration)s AND name = %(name)s;

-- name: beat
-- Alive, and why it waits, for `backfill status` on any host.
UPDATE migrator.backfill SET throttled_by = %(reason)s, heartbeat_at = clock_timestamp()
WHERE migration = %(migration)s AND name = %(name)s;

-- name: record_verification
-- `verified` only when nothing is left and nothing differs; a later count that finds something takes it back.
UPDATE migrator.backfill
SET remaining = %(remaining)s, different = %(different)s, verified_at = clock_timestamp(), verification = %(detail)s,
    state = CASE WHEN %(is_clean)s THEN 'verified' ELSE 'finished' END
WHERE migration = %(migration)s AND name = %(name)s AND state IN ('finished', 'verified');

-- name: record_sample
-- Evidence for people; the gate asks for the state, and keeps the proof before it when there is one.
UPDATE migrator.backfill
SET verification = CASE WHEN state = 'verified' THEN verification || jsonb_build_object('sampled', %(detail)s::jsonb)
                        ELSE %(detail)s END
WHERE migration = %(migration)s AND name = %(name)s AND state IN ('finished', 'verified');

-- name: status
-- Ages come from the database's clock, so that hosts with other clocks agree.
SELECT b.migration, b.name, b.spec - '{walked,state}'::text[] AS spec, b.state, b.end_key, b.rows_estimate,
       coalesce(r.part, b.part) AS part, coalesce(r.key_window, b.key_window) AS key_window,
       coalesce(r.checkpoint, nullif(b.checkpoint, '[]')) AS checkpoint, coalesce(r.batch_size, b.batch_size) AS batch_size,
       b.rows_done + coalesce(r.rows_done, 0)::bigint AS rows_done,
       b.keys_done + coalesce(r.keys_done, 0)::bigint AS keys_done,
       b.operator_pause, b.cancelled, b.params, b.throttled_by, b.remaining, b.different, b.verification,
       b.started_at, b.finished_at, b.verified_at, greatest(b.heartbeat_at, r.seen_at) AS heartbeat_at,
       extract(epoch FROM clock_timestamp() - greatest(b.heartbeat_at, r.seen_at))::float8 AS heartbeat_age_seconds,
       coalesce(r.ranges_open, 0) AS ranges_open, coalesce(r.workers, 0) AS workers,
       (SELECT count(*) FROM migrator.backfill_quarantine AS q WHERE q.migration = b.migration AND q.name = b.name)
           AS quarantined
FROM migrator.backfill AS b
LEFT JOIN LATERAL (
    SELECT sum(rows_done) AS rows_done, sum(keys_done) AS keys_done, max(batch_size) AS batch_size,
           max(seen_at) AS seen_at, count(*) FILTER (WHERE state = 'open') AS ranges_open,
           count(*) FILTER (WHERE state = 'open' AND lease_until > clock_timestamp()) AS workers,
           (array_agg(part ORDER BY position) FILTER (WHERE state = 'open'))[1] AS part,
           (array_agg(key_window ORDER BY position) FILTER (WHERE state = 'open'))[1] AS key_window,
           (array_agg(checkpoint ORDER BY position) FILTER (WHERE state = 'open'))[1] AS checkpoint
    FROM migrator.backfill_range AS o WHERE o.migration = b.migration AND o.name = b.name
) AS r ON true
WHERE %(migration)s::text IS NULL OR b.migration = %(migration)s
ORDER BY b.migration, b.name;

-- name: replicas
-- Every replica ever seen, forgotten ones marked.
SELECT name, forgotten_at IS NOT NULL AS is_forgotten FROM migrator.replica ORDER BY name;

-- name: saw_replica
-- A forgotten replica that is there again is expected again.
INSERT INTO migrator.replica (name) VALUES (%(name)s)
ON CONFLICT (name) DO UPDATE SET last_seen = clock_timestamp(), forgotten_at = NULL, forgotten_by = NULL;

-- name: forget_replica
-- The row stays as a record of who decided it; a name never seen (an unused slot's) may be forgotten as well.
INSERT INTO migrator.replica AS r (name, forgotten_at, forgotten_by)
VALUES (%(name)s, clock_timestamp(), %(actor)s)
ON CONFLICT (name) DO UPDATE SET forgotten_at = clock_timestamp(), forgotten_by = excluded.forgotten_by;
