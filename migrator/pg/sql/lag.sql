-- name: position
-- How far the log is on disk: a replica can never be further. Read before the walsenders, so that what is written
-- in between does not count as behind. Without the privilege every figure of pg_stat_replication is NULL, as if idle.
SELECT pg_is_in_recovery() AS in_recovery,
       CASE WHEN NOT pg_is_in_recovery() THEN pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::bigint END AS flushed,
       pg_has_role(current_user, 'pg_read_all_stats', 'usage') AS may_read,
       quote_ident(current_user) AS role;

-- name: walsenders
-- Physical ones: a logical subscriber confirms when it likes, which says nothing about readers of a replica.
-- Backups and log archivers replay nothing. The order is stable, so that the second of a name stays the second.
SELECT coalesce(nullif(r.application_name, ''), 'walreceiver') AS name, r.state, s.slot_name AS slot,
       pg_wal_lsn_diff(r.replay_lsn, '0/0')::bigint AS replayed,
       extract(epoch FROM r.replay_lag)::float8 AS replay_lag_seconds, r.reply_time::text AS answered
FROM pg_stat_replication r
LEFT JOIN pg_replication_slots s ON s.active_pid = r.pid
WHERE s.slot_type IS DISTINCT FROM 'logical'
  AND r.state IS DISTINCT FROM 'backup'
  AND coalesce(r.application_name, '') NOT IN ('pg_basebackup', 'pg_receivewal')
ORDER BY 1, r.backend_start, r.pid;

-- name: idle_slots
-- A physical slot with nobody on it: a replica that is gone while its log piles up on the primary.
SELECT slot_name AS name, coalesce(wal_status, 'unknown') AS wal_status
FROM pg_replication_slots
WHERE slot_type = 'physical' AND NOT temporary AND NOT active
ORDER BY 1;

-- name: nudge
-- Its commit must be flushed, or no replica gets it, and must not wait for a replica, whose lag is why we wait.
SELECT set_config('synchronous_commit', 'local', true), pg_logical_emit_message(true, 'migrator', '');
