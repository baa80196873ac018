-- name: record
-- The same person approving the same files again changes nothing: the first reason and time stay.
INSERT INTO migrator.approval (migration, phase, actor, checksum, reason)
VALUES (%(migration)s, %(phase)s, %(actor)s, %(checksum)s, %(reason)s)
ON CONFLICT (migration, phase, actor, checksum) DO NOTHING;

-- name: one
-- What is on record now.
SELECT migration, phase, actor, checksum, reason, approved_at FROM migrator.approval
WHERE migration = %(migration)s AND phase = %(phase)s AND actor = %(actor)s AND checksum = %(checksum)s;

-- name: list
-- All of a migration, or of one of its phases.
SELECT migration, phase, actor, checksum, reason, approved_at FROM migrator.approval
WHERE migration = %(migration)s AND (%(phase)s::text IS NULL OR phase = %(phase)s)
ORDER BY approved_at, actor;
