-- name: page
-- By key, so that a long chain is never in memory as a whole; rows that come meanwhile are at its end.
SELECT seq, at, actor, db_role, host, tool_version, action, migration, reason, ticket, commit_sha, ci_run_url,
       approvers, payload, detail::text AS detail, prev_hash, hash
FROM migrator.audit
WHERE seq > %(after)s AND (%(since)s::timestamptz IS NULL OR at >= %(since)s)
ORDER BY seq LIMIT %(limit)s;

-- name: tail
-- The newest, oldest of them first.
SELECT * FROM (
    SELECT seq, at, actor, db_role, host, tool_version, action, migration, reason, ticket, commit_sha, ci_run_url,
           approvers, payload, detail::text AS detail, prev_hash, hash
    FROM migrator.audit ORDER BY seq DESC LIMIT %(limit)s
) AS newest ORDER BY seq;

-- name: tip
-- What a copy outside of the database has to keep, for the newest row to be missed when it is gone.
SELECT seq, hash FROM migrator.audit ORDER BY seq DESC LIMIT 1;
