-- name: setup
-- Whether pg_stat_statements can be read here, where it is, and what it leaves out. `track` is what sessions begin
-- with, because ours are not counted; it is NULL without the module.
SELECT n.nspname AS schema, to_regclass(quote_ident(n.nspname) || '.pg_stat_statements_info') IS NOT NULL AS has_info,
       (SELECT reset_val FROM pg_settings WHERE pg_settings.name = 'pg_stat_statements.track') AS track,
       current_setting('pg_stat_statements.track_utility', true) AS track_utility,
       current_database() AS database, pg_is_in_recovery() AS in_recovery
FROM (SELECT) AS one LEFT JOIN pg_extension e ON e.extname = 'pg_stat_statements'
LEFT JOIN pg_namespace n ON n.oid = e.extnamespace;

-- name: sessions_track
-- Roles for which statements are not counted, whatever the server's setting says. A setting of our own role hides from
-- us what the others have.
SELECT r.rolname AS role, coalesce(d.datname, 'every database') AS database, c.setting
FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) AS c (setting)
JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase
WHERE c.setting LIKE 'pg_stat_statements.track=%'
  AND (c.setting <> 'pg_stat_statements.track=all' OR r.rolname = session_user)
  AND coalesce(d.datname, current_database()) = current_database()
ORDER BY 1, 2;

-- name: replicas
-- Servers that follow this one; readers of theirs are counted there only. A logical subscriber is another database.
SELECT coalesce(nullif(r.application_name, ''), 'walreceiver') AS name
FROM pg_stat_replication r
LEFT JOIN pg_replication_slots s ON s.active_pid = r.pid
WHERE s.slot_type IS DISTINCT FROM 'logical' AND r.state IS DISTINCT FROM 'backup'
  AND coalesce(r.application_name, '') NOT IN ('pg_basebackup', 'pg_receivewal')
ORDER BY 1;

-- name: functions
-- Functions that people wrote: with track = top what they run is counted nowhere. Trigger functions of ours copy
-- columns and are left out.
SELECT i.identity
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
CROSS JOIN LATERAL pg_identify_object('pg_proc'::regclass, p.oid, 0) i
WHERE l.lanname NOT IN ('internal', 'c') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'migrator')
  AND n.nspname NOT LIKE 'pg\_temp\_%'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
ORDER BY 1;

-- name: columns
-- Every table and view with its columns, those of the system too: a name in a statement that is none of them is from
-- before a rename, or a temporary table's.
SELECT n.nspname AS schema, c.relname AS name, n.nspname IN ('pg_catalog', 'information_schema') AS is_system,
       array_agg(a.attname::text) FILTER (WHERE a.attnum > 0) AS columns
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\_temp\_%' AND n.nspname <> 'pg_toast'
GROUP BY 1, 2, 3;

-- name: targets
-- What a statement may name to use the removed: the column's table and those that inherit it, and views and
-- materialized views that read it, through others too.
WITH RECURSIVE start (number, relid, attnum) AS (
    SELECT * FROM unnest(%(numbers)s::int[], %(relids)s::oid[], %(attnums)s::int[])
), reads (number, relid) AS (
    SELECT s.number, w.ev_class
    FROM start s JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = s.relid
        AND (s.attnum = 0 OR d.refobjsubid = s.attnum)
    JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid AND w.ev_class <> s.relid
    UNION
    SELECT r.number, w.ev_class
    FROM reads r JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = r.relid
    JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid AND w.ev_class <> r.relid
)
SELECT s.number, n.nspname AS schema, c.relname AS name, a.attname AS column_name
FROM start s JOIN pg_class c ON c.oid = s.relid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = s.relid AND a.attnum = s.attnum AND s.attnum <> 0
UNION
SELECT r.number, n.nspname, c.relname, NULL
FROM reads r JOIN pg_class c ON c.oid = r.relid JOIN pg_namespace n ON n.oid = c.relnamespace
ORDER BY 1, 2, 3;
