-- name: record
-- The database's clock tells when: a force counts for the run of the migration in which it was given.
INSERT INTO migrator.forced_gate (migration, phase, gate, checksum, actor, reason, approvers, url, head, evidence_sha256,
    found_status, found_reason)
VALUES (%(migration)s, %(phase)s, %(gate)s, %(checksum)s, %(actor)s, %(reason)s, %(approvers)s, %(url)s, %(head)s,
    %(evidence_sha256)s, %(found_status)s, %(found_reason)s);

-- name: list
-- All of them for the status; of one migration for its gates.
SELECT migration, phase, gate, checksum, actor, reason, approvers, url, head, evidence_sha256, found_status,
    found_reason, forced_at
FROM migrator.forced_gate WHERE %(migration)s::text IS NULL OR migration = %(migration)s
ORDER BY forced_at, gate;
