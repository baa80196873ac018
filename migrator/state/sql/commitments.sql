-- name: open
-- A second run of the same job on the same commit is the same promise.
INSERT INTO migrator.commitment (id, url, reason, postmortem, approvers, head, due, opened_by)
VALUES (%(id)s, %(url)s, %(reason)s, %(postmortem)s, %(approvers)s, %(head)s, %(due)s, %(actor)s)
ON CONFLICT (id) DO NOTHING
RETURNING id;

-- name: list
-- Open ones first, the most urgent at the top.
SELECT id, url, reason, postmortem, approvers, head, due, opened_at, opened_by, closed_at, closed_by, closing_note,
    closed_at IS NULL AND due < clock_timestamp() AS is_overdue
FROM migrator.commitment
ORDER BY closed_at IS NOT NULL, due;

-- name: close
-- A promise is kept once.
UPDATE migrator.commitment
SET closed_at = clock_timestamp(), closed_by = %(actor)s, closing_note = %(note)s
WHERE id = %(id)s AND closed_at IS NULL
RETURNING id;
