-- name: record
-- The same person approving the same again changes nothing: the first reason and time stay. Another plan of the same
-- files is something else.
INSERT INTO migrator.approval AS a (migration, phase, actor, checksum, reason, plan_id)
VALUES (%(migration)s, %(phase)s, %(actor)s, %(checksum)s, %(reason)s, %(plan_id)s)
ON CONFLICT (migration, phase, actor, checksum) DO UPDATE
    SET reason = excluded.reason, plan_id = excluded.plan_id, approved_at = clock_timestamp()
    WHERE a.plan_id IS DISTINCT FROM excluded.plan_id;

-- name: one
-- What is on record now.
SELECT migration, phase, actor, checksum, reason, approved_at, plan_id FROM migrator.approval
WHERE migration = %(migration)s AND phase = %(phase)s AND actor = %(actor)s AND checksum = %(checksum)s;

-- name: list
-- All of a migration, or of one of its phases.
SELECT migration, phase, actor, checksum, reason, approved_at, plan_id FROM migrator.approval
WHERE migration = %(migration)s AND (%(phase)s::text IS NULL OR phase = %(phase)s)
ORDER BY approved_at, actor;
