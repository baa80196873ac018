-- name: try_lock
-- The runner's right to run, bound to this session: it ends with the backend, also when the client is killed.
SELECT pg_try_advisory_lock(1835625330, hashtext(%(key)s)) AS got;

-- name: unlock
-- Given back early so that the next runner need not wait for our backend to end.
SELECT pg_advisory_unlock(1835625330, hashtext(%(key)s)) AS gone;

-- name: holder
-- Who holds the lock: an orphan of a killed runner is found here, still at work.
SELECT a.pid, a.application_name, a.client_addr::text AS client, a.backend_start, a.state, left(a.query, 200) AS query,
       extract(epoch FROM clock_timestamp() - a.backend_start)::float8 AS age_seconds
FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 1835625330
  AND l.objid = (hashtext(%(key)s)::bigint & 4294967295)::oid AND l.objsubid = 2
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database());

-- name: identity
-- Behind a pooler the pid that the protocol told us is not the server's.
SELECT pg_backend_pid() AS pid, pg_is_in_recovery() AS in_recovery, current_database() AS database,
       current_user AS role, current_setting('transaction_read_only') = 'on' AS read_only;

-- name: set_local
-- As a function because SET takes no parameters; local to the transaction.
SELECT set_config(%(name)s, %(value)s, true);

-- name: set_session
-- For statements that cannot run in a transaction block.
SELECT set_config(%(name)s, %(value)s, false);

-- name: deadlock_timeout
-- An autovacuum on the table yields only to a wait longer than this.
SELECT extract(epoch FROM setting::interval)::float8 AS seconds
FROM (SELECT current_setting('deadlock_timeout') AS setting) s;

-- name: blockers
-- Whom the session `pid` waits for right now, with the lock, oldest transaction first. A prepared transaction has the
-- pid 0; who is gone between the two looks is left out.
WITH waits AS (
    SELECT DISTINCT blocking.pid FROM unnest(pg_blocking_pids(%(pid)s)) AS blocking (pid)
), lock AS MATERIALIZED (
    SELECT * FROM pg_locks
), held AS (
    SELECT coalesce(h.pid, 0) AS pid, h.mode, h.granted, h.locktype AS kind, h.relation::regclass::text AS "table",
           p.gid, p.prepared, p.owner
    FROM lock w JOIN lock h ON NOT w.granted AND h.pid IS DISTINCT FROM w.pid
        AND (h.locktype, h.database, h.relation, h.page, h.tuple, h.virtualxid, h.transactionid::text, h.classid,
             h.objid, h.objsubid)
        IS NOT DISTINCT FROM
            (w.locktype, w.database, w.relation, w.page, w.tuple, w.virtualxid, w.transactionid::text, w.classid,
             w.objid, w.objsubid)
    LEFT JOIN lock x ON h.pid IS NULL AND x.pid IS NULL AND x.locktype = 'transactionid' AND x.granted
        AND x.virtualtransaction = h.virtualtransaction
    LEFT JOIN pg_prepared_xacts p ON p.transaction = x.transactionid
    WHERE w.pid = %(pid)s
)
SELECT * FROM (SELECT DISTINCT ON (w.pid, h.gid)
       w.pid, a.application_name AS application, coalesce(a.usename, h.owner) AS role, a.state,
       left(a.query, 200) AS query, a.backend_type, h.mode, h.granted, h.kind, h."table", h.gid,
       extract(epoch FROM clock_timestamp() - coalesce(h.prepared, a.xact_start))::float8 AS age_seconds
FROM waits w LEFT JOIN pg_stat_activity a USING (pid) LEFT JOIN held h USING (pid)
WHERE a.pid IS NOT NULL OR h.gid IS NOT NULL
ORDER BY w.pid, h.gid, h.granted DESC) found
ORDER BY age_seconds DESC NULLS LAST;

-- name: wait
-- Whether the session `pid` waits for a lock now, and whether somebody before it waits for it in turn.
WITH RECURSIVE before AS (
    SELECT unnest(pg_blocking_pids(%(pid)s)) AS pid
    UNION SELECT further.pid FROM before, unnest(pg_blocking_pids(before.pid)) AS further (pid)
)
SELECT count(*) > 0 AS is_waiting, coalesce(bool_or(pid = %(pid)s), false) AS is_deadlock FROM before;

-- name: cancel_waiting
-- Ends a statement of ours that waits for a lock; one that got it a moment ago goes on.
SELECT pg_cancel_backend(%(pid)s) AS cancelled WHERE cardinality(pg_blocking_pids(%(pid)s)) > 0;

-- name: table_users
-- Who holds a lock on the tables now, so that a plan can say whom a statement would wait for.
SELECT a.pid, a.application_name AS application, a.state, l.mode, n.nspname AS schema, c.relname AS name,
       left(a.query, 200) AS query,
       coalesce(extract(epoch FROM clock_timestamp() - a.xact_start), 0)::float8 AS age_seconds
FROM pg_locks l
JOIN pg_class c ON c.oid = l.relation
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_stat_activity a USING (pid)
WHERE l.granted AND l.locktype = 'relation' AND a.pid <> pg_backend_pid()
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND n.nspname || '.' || c.relname = ANY (%(tables)s)
ORDER BY a.xact_start NULLS LAST;

-- name: index_progress
-- How far CREATE INDEX CONCURRENTLY of the session `pid` is.
SELECT phase, blocks_done AS done, blocks_total AS total FROM pg_stat_progress_create_index WHERE pid = %(pid)s;

-- name: cancel
-- Ends a statement of ours that ran too long; the session stays.
SELECT pg_cancel_backend(%(pid)s) AS cancelled;

-- name: sizes
-- Size and row estimate of the tables named `schema.name`.
SELECT n.nspname AS schema, c.relname AS name, pg_total_relation_size(c.oid) AS bytes,
       CASE WHEN c.reltuples > 0 THEN c.reltuples::bigint END AS rows
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname || '.' || c.relname = ANY (%(tables)s);
