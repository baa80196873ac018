-- name: acknowledge
-- A person's word on one doubt; said again it is the newer word.
INSERT INTO migrator.acknowledgement (migration, gate, subject, reason, actor)
VALUES (%(migration)s, %(gate)s, %(subject)s, %(reason)s, %(actor)s)
ON CONFLICT (migration, gate, subject) DO UPDATE
    SET reason = excluded.reason, actor = excluded.actor, acknowledged_at = clock_timestamp();

-- name: list
-- The doubts of one gate that were looked at.
SELECT subject, reason, actor, acknowledged_at FROM migrator.acknowledgement
WHERE migration = %(migration)s AND gate = %(gate)s ORDER BY subject;

-- name: exists
-- A plan may be asked for before `migrator init`.
SELECT to_regclass('migrator.acknowledgement') IS NOT NULL AS installed;
