-- name: invalid_indexes
-- Nobody builds them any more; REINDEX makes its copies (_ccnew) of a table's indexes before it builds the first. One of
-- a partitioned table waits for its parts, and a toast index is not ours to drop.
SELECT n.nspname AS schema, c.relname AS name, t.relname AS "table"
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class t ON t.oid = i.indrelid
WHERE NOT (i.indisvalid AND i.indisready) AND c.relkind = 'i' AND n.nspname <> 'pg_toast'
  AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p
                  WHERE p.index_relid = i.indexrelid
                     OR (p.relid = i.indrelid AND c.relname ~ '_cc(new|old)[0-9]*$'))
ORDER BY 1, 2;

-- name: triggers
-- Our own by their names, on tables; a partition's copy goes with its parent's.
SELECT n.nspname AS schema, c.relname AS "table", t.tgname AS name
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE t.tgname LIKE 'zz\_migrator\_%' AND NOT t.tgisinternal
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_trigger'::regclass AND d.objid = t.oid AND d.deptype = 'P')
ORDER BY 1, 2, 3;

-- name: functions
-- Those that our triggers call, and whether any still does.
SELECT p.proname AS name, p.oid::regprocedure::text AS signature,
       EXISTS (SELECT FROM pg_trigger t WHERE t.tgfoid = p.oid) AS is_used
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'migrator' AND p.proname LIKE 'sync\_%'
ORDER BY 1, 2;
