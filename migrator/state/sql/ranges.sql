-- name: take_turn
-- One process at a time divides a backfill, or ends it; the others see what it did.
SELECT state, is_shared, part, checkpoint, key_window, end_key FROM migrator.backfill WHERE migration = %(migration)s AND name = %(name)s FOR UPDATE;

-- name: share
-- The places move into ranges: '[]' is a checkpoint that no runner of the version before can advance from.
UPDATE migrator.backfill SET is_shared = true, checkpoint = '[]', key_window = NULL, part = NULL
WHERE migration = %(migration)s AND name = %(name)s;

-- name: add
-- A range that nobody has leased yet; positions are in the order of the keys.
INSERT INTO migrator.backfill_range (migration, name, position, part, lo, hi, checkpoint, key_window)
VALUES (%(migration)s, %(name)s, %(position)s, %(part)s, %(lo)s, %(hi)s, %(checkpoint)s, %(key_window)s);

-- name: claim
-- The lowest range that is free, whose worker's session is gone, or whose worker was not heard of in time by this
-- server's clock. The fencing token is new, so that the worker before cannot commit another batch. A row locked by a
-- batch under way is not free.
UPDATE migrator.backfill_range
SET lease_owner = %(owner)s, lease_pid = pg_backend_pid(), lease_fence = lease_fence + 1, attempts = attempts + 1,
    lease_until = clock_timestamp() + make_interval(secs => %(seconds)s)
WHERE id = (
    SELECT id FROM migrator.backfill_range AS r
    WHERE migration = %(migration)s AND name = %(name)s AND state = 'open'
      AND (lease_until IS NULL OR lease_until < clock_timestamp()
           OR NOT EXISTS (SELECT FROM pg_stat_activity AS a WHERE a.pid = r.lease_pid))
    ORDER BY position LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, part, lo, hi, checkpoint, key_window, batch_size, lease_fence, attempts, rows_done;

-- name: hold
-- First in each batch: whoever comes late changes no row, and whoever looks for a free range passes this one by.
UPDATE migrator.backfill_range SET lease_until = clock_timestamp() + make_interval(secs => %(seconds)s)
WHERE id = %(id)s AND lease_fence = %(fence)s AND state = 'open'
RETURNING hi;

-- name: advance
-- In the batch's own transaction, only from the place and under the lease that it started with: exactly once.
UPDATE migrator.backfill_range
SET checkpoint = %(new)s, key_window = %(new_window)s,
    rows_done = rows_done + %(rows)s, keys_done = keys_done + %(keys)s, batch_size = %(batch_size)s,
    state = CASE WHEN %(new)s::jsonb = hi AND %(new_window)s::jsonb IS NULL THEN 'done' ELSE 'open' END,
    lease_until = clock_timestamp() + make_interval(secs => %(seconds)s), seen_at = clock_timestamp()
WHERE id = %(id)s AND lease_fence = %(fence)s AND state = 'open'
  AND checkpoint IS NOT DISTINCT FROM %(old)s AND key_window IS NOT DISTINCT FROM %(old_window)s;

-- name: read_settled
-- After a lost connection, in a new session: the update waits for a COMMIT that the server may still be working on.
UPDATE migrator.backfill_range SET lease_pid = pg_backend_pid()
WHERE id = %(id)s AND lease_fence = %(fence)s
RETURNING checkpoint, key_window, rows_done;

-- name: renew
-- While a worker waits between batches; a row locked by a batch renews itself.
UPDATE migrator.backfill_range SET lease_until = clock_timestamp() + make_interval(secs => %(seconds)s)
WHERE id IN (
    SELECT r.id FROM migrator.backfill_range AS r
    JOIN unnest(%(ids)s::bigint[], %(fences)s::bigint[]) AS mine (id, fence)
      ON mine.id = r.id AND mine.fence = r.lease_fence
    WHERE r.state = 'open' FOR UPDATE OF r SKIP LOCKED);

-- name: release
-- An orderly end: the next worker need not wait for the lease to expire.
UPDATE migrator.backfill_range SET lease_owner = NULL, lease_until = NULL
WHERE id = %(id)s AND lease_fence = %(fence)s AND state = 'open';

-- name: give_up
-- Its partition is gone: nobody can do what is left of it.
UPDATE migrator.backfill_range SET state = 'done', lease_owner = NULL, lease_until = NULL
WHERE id = %(id)s AND lease_fence = %(fence)s AND state = 'open';

-- name: open
-- What is not done yet, for a worker that finds nothing free.
SELECT id, part, hi, checkpoint, key_window, batch_size
FROM migrator.backfill_range
WHERE migration = %(migration)s AND name = %(name)s AND state = 'open' ORDER BY position;

-- name: lock_open
-- A range that is about to be cut: its worker waits so long.
SELECT id, part, hi, checkpoint, key_window, batch_size
FROM migrator.backfill_range WHERE id = %(id)s AND state = 'open' FOR UPDATE;

-- name: cut
-- The worker that has it sees its new end when its next batch begins; the rest lies between it and the next range.
WITH rest AS (
    INSERT INTO migrator.backfill_range (migration, name, position, part, lo, hi, checkpoint)
    SELECT r.migration, r.name, (r.position + coalesce(
               (SELECT min(n.position) FROM migrator.backfill_range AS n
                WHERE n.migration = r.migration AND n.name = r.name AND n.position > r.position),
               r.position + 2)) * 0.5, r.part, %(hi)s, r.hi, %(hi)s
    FROM migrator.backfill_range AS r WHERE r.id = %(id)s
)
UPDATE migrator.backfill_range SET hi = %(hi)s WHERE id = %(id)s;

-- name: totals
-- What all workers have done, and what was done before the backfill was divided.
SELECT b.state, b.rows_done + coalesce(sum(r.rows_done), 0)::bigint AS rows_done,
       b.keys_done + coalesce(sum(r.keys_done), 0)::bigint AS keys_done,
       count(r.id) FILTER (WHERE r.state = 'open') AS ranges_open
FROM migrator.backfill AS b
LEFT JOIN migrator.backfill_range AS r ON r.migration = b.migration AND r.name = b.name
WHERE b.migration = %(migration)s AND b.name = %(name)s
GROUP BY b.migration, b.name;

-- name: try_end
-- Only one worker gathers statistics and ends the backfill; the others wait for the end that it records.
SELECT pg_try_advisory_xact_lock(hashtextextended('migrator backfill ' || %(migration)s || ' ' || %(name)s, 0)) AS got;

-- name: finish
-- Every key was passed in every range; the counts of the ranges become the backfill's own.
WITH gone AS (
    DELETE FROM migrator.backfill_range WHERE migration = %(migration)s AND name = %(name)s
    RETURNING rows_done, keys_done
)
UPDATE migrator.backfill
SET state = 'finished', throttled_by = NULL, finished_at = clock_timestamp(), heartbeat_at = clock_timestamp(),
    checkpoint = end_key, rows_done = rows_done + (SELECT coalesce(sum(g.rows_done), 0) FROM gone AS g),
    keys_done = keys_done + (SELECT coalesce(sum(g.keys_done), 0) FROM gone AS g)
WHERE migration = %(migration)s AND name = %(name)s AND state = 'running';
