-- name: active
-- The soft drop that is on.
SELECT role, saved, unbound, began_at, actor FROM migrator.soft_drop
WHERE migration = %(migration)s AND ended_at IS NULL;

-- name: last
-- How the last one ended.
SELECT ended_at, ended_by, reason FROM migrator.soft_drop
WHERE migration = %(migration)s AND ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT 1;

-- name: begin
-- What was taken, in the transaction that takes it: there is no moment in which it could not be given back.
INSERT INTO migrator.soft_drop (migration, role, saved, unbound, actor)
VALUES (%(migration)s, %(role)s, %(saved)s, %(unbound)s, %(actor)s);

-- name: end
-- Given back; the row stays and says why.
UPDATE migrator.soft_drop SET ended_at = clock_timestamp(), ended_by = %(actor)s, reason = %(reason)s
WHERE migration = %(migration)s AND ended_at IS NULL;
