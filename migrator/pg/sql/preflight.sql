-- name: locks
-- Who holds or awaits a lock on the tables, their partitions and (for an index) its table, as far as it may be in the
-- way: old transactions, prepared ones, other DDL and maintenance, and everybody who waits already (since 14 it is
-- told for how long; before, for how long the query runs). At the end of a budget `everybody` is asked for.
WITH RECURSIVE asked AS (
    SELECT * FROM unnest(%(schemas)s::text[], %(names)s::text[], %(levels)s::int[]) AS a (schema, name, level)
), target (relid, level) AS (
    SELECT coalesce(i.indrelid, c.oid), a.level
    FROM asked a JOIN pg_namespace n ON n.nspname = a.schema
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = a.name
    LEFT JOIN pg_index i ON i.indexrelid = c.oid
    UNION
    SELECT i.inhrelid, t.level FROM target t JOIN pg_inherits i ON i.inhparent = t.relid
)
SELECT l.pid, l.granted, l.mode, t.level, t.relid::regclass::text AS "table", p.gid,
       a.backend_type, a.application_name AS application, coalesce(a.usename, p.owner) AS role, a.state,
       left(a.query, 200) AS query,
       extract(epoch FROM clock_timestamp() - coalesce(p.prepared, a.xact_start))::float8 AS age_seconds,
       coalesce(extract(epoch FROM clock_timestamp()
           - coalesce((to_jsonb(l) ->> 'waitstart')::timestamptz, a.query_start)), 0)::float8 AS waited_seconds
FROM target t
JOIN pg_locks l ON l.locktype = 'relation' AND l.relation = t.relid
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
LEFT JOIN pg_stat_activity a ON a.pid = l.pid
LEFT JOIN pg_locks x ON l.pid IS NULL AND x.pid IS NULL AND x.locktype = 'transactionid' AND x.granted
    AND x.virtualtransaction = l.virtualtransaction
LEFT JOIN pg_prepared_xacts p ON p.transaction = x.transactionid
WHERE l.pid IS DISTINCT FROM pg_backend_pid()
  AND (%(everybody)s OR NOT l.granted OR l.pid IS NULL OR a.xact_start < clock_timestamp() - make_interval(secs => %(old_seconds)s)
       OR l.mode = 'ShareUpdateExclusiveLock')
ORDER BY age_seconds DESC NULLS LAST, l.granted DESC, l.pid;

-- name: old_snapshots
-- What a concurrent index build would wait for at its end: snapshots of this database that are old already.
SELECT pid, application_name AS application, usename AS role, state, left(query, 200) AS query, backend_type,
       extract(epoch FROM clock_timestamp() - xact_start)::float8 AS age_seconds
FROM pg_stat_activity
WHERE datname = current_database() AND backend_xmin IS NOT NULL AND pid <> pg_backend_pid()
  AND backend_type <> 'autovacuum worker'
  AND xact_start < clock_timestamp() - make_interval(secs => %(old_seconds)s)
ORDER BY xact_start;

-- name: sessions
-- What the policy must know of a session before it may be cancelled.
SELECT pid, backend_start, backend_type, application_name AS application, usename AS role, state,
       left(query, 200) AS query,
       extract(epoch FROM clock_timestamp() - state_change)::float8 AS state_seconds,
       extract(epoch FROM clock_timestamp() - query_start)::float8 AS query_seconds, xact_start AS transaction_start,
       extract(epoch FROM clock_timestamp() - xact_start)::float8 AS transaction_seconds
FROM pg_stat_activity WHERE pid = ANY (%(pids)s);

-- name: cancel_query
-- Only while the same session still does what was judged; the pid may have a new owner.
SELECT pg_cancel_backend(pid) AS ended FROM pg_stat_activity
WHERE pid = %(pid)s AND backend_start = %(backend_start)s AND state = 'active';

-- name: end_idle
-- A cancel does nothing to a session that is idle in its transaction: only its end frees the locks.
SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity
WHERE pid = %(pid)s AND backend_start = %(backend_start)s AND state LIKE 'idle in transaction%%';

-- name: end_transaction
-- Only while it is the same transaction, whatever its session does in it at the moment.
SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity
WHERE pid = %(pid)s AND backend_start = %(backend_start)s AND xact_start = %(xact_start)s;

-- name: orphan
-- The session that a step's record names, if it is still at work: pids are used again, with another start.
SELECT pid, application_name AS application, state, left(query, 200) AS query,
       extract(epoch FROM clock_timestamp() - backend_start)::float8 AS age_seconds
FROM pg_stat_activity
WHERE pid = %(pid)s AND backend_start = %(backend_start)s AND pid <> pg_backend_pid();
