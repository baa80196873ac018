-- name: put
-- In the transaction that passes the row's key; a row that fails again keeps when it was first set aside.
INSERT INTO migrator.backfill_quarantine AS q (migration, name, part, key, sqlstate, error)
VALUES (%(migration)s, %(name)s, %(part)s, %(key)s, %(sqlstate)s, %(error)s)
ON CONFLICT (migration, name, part, key) DO UPDATE
    SET sqlstate = excluded.sqlstate, error = excluded.error, attempts = q.attempts + 1, tried_at = clock_timestamp();

-- name: take_out
-- In the transaction that has changed the row after all, or has found that it is gone.
DELETE FROM migrator.backfill_quarantine
WHERE migration = %(migration)s AND name = %(name)s AND part = %(part)s AND key = %(key)s;

-- name: counted
-- How many rows are set aside.
SELECT count(*) AS rows FROM migrator.backfill_quarantine WHERE migration = %(migration)s AND name = %(name)s;

-- name: listed
-- What is set aside, with the server's reason, of one migration or of all.
SELECT migration, name, part, key, sqlstate, error, attempts, quarantined_at, tried_at
FROM migrator.backfill_quarantine
WHERE (%(migration)s::text IS NULL OR migration = %(migration)s) AND (%(name)s::text IS NULL OR name = %(name)s)
ORDER BY migration, name, quarantined_at, key LIMIT %(limit)s;
