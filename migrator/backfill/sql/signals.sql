-- name: slots
-- Every permanent slot, with the log that it keeps from being removed; anyone may read them.
SELECT slot_name AS name, slot_type AS kind, active, coalesce(wal_status, 'unknown') AS wal_status,
       coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::bigint AS retained
FROM pg_replication_slots
WHERE NOT temporary
ORDER BY slot_name;

-- name: written
-- How much log the server has written since it was made; the difference of two looks is a rate.
SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint AS bytes;

-- name: lock_waiters
-- Who waits for a lock that a session of ours holds. Ungranted locks are shown to every role, wait events are not.
SELECT w.pid, w.application_name AS application
FROM pg_stat_activity w
WHERE w.pid IN (SELECT l.pid FROM pg_locks l WHERE NOT l.granted)
  AND NOT starts_with(coalesce(w.application_name, ''), 'migrator/')
  AND EXISTS (
      SELECT FROM unnest(pg_blocking_pids(w.pid)) AS blocking (pid) JOIN pg_stat_activity b USING (pid)
      WHERE starts_with(b.application_name, 'migrator/')
  )
ORDER BY w.pid;

-- name: oldest_transaction
-- The oldest one that keeps dead rows from being cleaned, prepared ones as well. Ages of other roles are hidden without
-- pg_read_all_stats, which would look as if there were none.
SELECT pg_has_role(current_user, 'pg_read_all_stats', 'usage') AS may_read, quote_ident(current_user) AS role, o.*
FROM (SELECT 1) one LEFT JOIN LATERAL (
    SELECT who, age_seconds FROM (
        SELECT format('pid %s (%s)', pid, coalesce(nullif(application_name, ''), usename, backend_type)) AS who,
               extract(epoch FROM clock_timestamp() - xact_start)::float8 AS age_seconds
        FROM pg_stat_activity
        WHERE (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL) AND xact_start IS NOT NULL
          AND NOT starts_with(coalesce(application_name, ''), 'migrator/')
          AND backend_type <> 'autovacuum worker'
        UNION ALL
        SELECT format('prepared transaction %s', gid), extract(epoch FROM clock_timestamp() - prepared)::float8
        FROM pg_prepared_xacts
    ) held
    ORDER BY age_seconds DESC LIMIT 1
) o ON true;

-- name: table_health
-- Vacuum at work, dead rows and size of the table with its partitions.
WITH part AS (
    SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relname = %(name)s
    UNION
    SELECT p.relid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, pg_partition_tree(c.oid) p
    WHERE n.nspname = %(schema)s AND c.relname = %(name)s
)
SELECT count(*) AS parts, coalesce(sum(pg_relation_size(part.oid)), 0)::bigint AS bytes,
       coalesce(sum(s.n_dead_tup), 0)::bigint AS dead, coalesce(sum(s.n_live_tup), 0)::bigint AS live,
       count(v.pid) AS vacuums, min(v.phase) AS phase
FROM part
LEFT JOIN pg_stat_all_tables s ON s.relid = part.oid
LEFT JOIN pg_stat_progress_vacuum v ON v.relid = part.oid AND v.datname = current_database();

-- name: active_sessions
-- Clients at work on the whole server, ours not counted. The states of other roles are hidden without the privilege.
SELECT pg_has_role(current_user, 'pg_read_all_stats', 'usage') AS may_read, quote_ident(current_user) AS role,
       count(*) FILTER (
           WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_backend_pid()
             AND NOT starts_with(coalesce(application_name, ''), 'migrator/')
       ) AS sessions
FROM pg_stat_activity;

-- name: application
-- Whether a client other than us is at work, or was within the last second: a pool of idle connections is not. Without
-- pg_read_all_stats the states of other roles are hidden, and hidden is at work.
SELECT EXISTS (
    SELECT FROM pg_stat_activity
    WHERE coalesce(backend_type, 'client backend') = 'client backend' AND pid <> pg_backend_pid()
      AND coalesce(application_name, '') !~ '^migrator(/|$)'
      AND (state IS NULL OR state IN ('active', 'fastpath function call')
           OR state_change > clock_timestamp() - interval '1 second')
) AS is_at_work;

-- name: begin_asking
-- Somebody else's SQL: it may read for a moment, and change nothing.
SELECT set_config('transaction_read_only', 'on', true), set_config('statement_timeout', %(timeout)s, true),
       set_config('lock_timeout', %(timeout)s, true);
