-- name: resolve
-- Turns (kind, schema, name, table) into catalog addresses. A column or constraint of a parent is dropped from its
-- partitions and children too, so those are addresses of the same number. What does not exist gives no row.
WITH RECURSIVE ref AS (
    SELECT * FROM unnest(%(kinds)s::text[], %(schemas)s::text[], %(names)s::text[], %(tables)s::text[])
        WITH ORDINALITY AS r (kind, schema, name, tbl, number)
), tree (number, kind, name, relid, depth) AS (
    SELECT r.number, r.kind, r.name, c.oid, 0
    FROM ref r JOIN pg_namespace s ON s.nspname = r.schema
    JOIN pg_class c ON c.relnamespace = s.oid AND c.relname = r.tbl
    WHERE r.kind IN ('column', 'constraint', 'trigger', 'policy', 'rule')
    UNION
    SELECT t.number, t.kind, t.name, i.inhrelid, t.depth + 1 FROM tree t JOIN pg_inherits i ON i.inhparent = t.relid
)
SELECT number::int, 'pg_class'::regclass::oid AS classid, a.attrelid AS objid, a.attnum::int AS objsubid
FROM tree t JOIN pg_attribute a ON a.attrelid = t.relid AND a.attname = t.name
WHERE t.kind = 'column' AND a.attnum > 0 AND NOT a.attisdropped AND (t.depth = 0 OR a.attinhcount > 0)
UNION
SELECT number::int, 'pg_constraint'::regclass::oid, k.oid, 0
FROM tree t JOIN pg_constraint k ON k.conrelid = t.relid AND k.conname = t.name
WHERE t.kind = 'constraint' AND (t.depth = 0 OR k.coninhcount > 0)
UNION
SELECT number::int, 'pg_trigger'::regclass::oid, g.oid, 0
FROM tree t JOIN pg_trigger g ON g.tgrelid = t.relid AND g.tgname = t.name WHERE t.kind = 'trigger' AND t.depth = 0
UNION
SELECT number::int, 'pg_policy'::regclass::oid, p.oid, 0
FROM tree t JOIN pg_policy p ON p.polrelid = t.relid AND p.polname = t.name WHERE t.kind = 'policy' AND t.depth = 0
UNION
SELECT number::int, 'pg_rewrite'::regclass::oid, w.oid, 0
FROM tree t JOIN pg_rewrite w ON w.ev_class = t.relid AND w.rulename = t.name WHERE t.kind = 'rule' AND t.depth = 0
UNION
SELECT r.number::int, 'pg_class'::regclass::oid, c.oid, 0
FROM ref r JOIN pg_namespace s ON s.nspname = r.schema
JOIN pg_class c ON c.relnamespace = s.oid AND c.relname = r.name
WHERE r.kind IN ('table', 'foreign table', 'view', 'materialized view', 'index', 'sequence')
UNION
SELECT r.number::int, 'pg_proc'::regclass::oid, p.oid, 0
FROM ref r JOIN pg_namespace s ON s.nspname = r.schema JOIN pg_proc p ON p.pronamespace = s.oid AND p.proname = r.name
WHERE r.kind IN ('function', 'procedure', 'routine', 'aggregate')
UNION
SELECT r.number::int, 'pg_type'::regclass::oid, y.oid, 0
FROM ref r JOIN pg_namespace s ON s.nspname = r.schema JOIN pg_type y ON y.typnamespace = s.oid AND y.typname = r.name
WHERE r.kind IN ('type', 'domain')
UNION
SELECT r.number::int, 'pg_statistic_ext'::regclass::oid, x.oid, 0
FROM ref r JOIN pg_namespace s ON s.nspname = r.schema
JOIN pg_statistic_ext x ON x.stxnamespace = s.oid AND x.stxname = r.name WHERE r.kind = 'statistics'
UNION
SELECT r.number::int, 'pg_namespace'::regclass::oid, s.oid, 0
FROM ref r JOIN pg_namespace s ON s.nspname = r.name WHERE r.kind = 'schema'
UNION
SELECT r.number::int, 'pg_extension'::regclass::oid, e.oid, 0
FROM ref r JOIN pg_extension e ON e.extname = r.name WHERE r.kind = 'extension'
UNION
SELECT r.number::int, 'pg_publication'::regclass::oid, p.oid, 0
FROM ref r JOIN pg_publication p ON p.pubname = r.name WHERE r.kind = 'publication'
ORDER BY 1, 2, 3, 4;

-- name: dependants
-- Everything that hangs on the addresses: what goes silently with them (deptype other than n) and with that, and what
-- the server would refuse for (deptype n). A view is told by its rule, a generated column by its expression.
WITH RECURSIVE gone (number, classid, objid, objsubid) AS (
    SELECT * FROM unnest(%(numbers)s::int[], %(classids)s::oid[], %(objids)s::oid[], %(objsubids)s::int[])
    UNION
    SELECT g.number, d.classid, d.objid, d.objsubid
    FROM gone g JOIN pg_depend d ON d.refclassid = g.classid AND d.refobjid = g.objid
        AND (g.objsubid = 0 OR d.refobjsubid = g.objsubid)
    WHERE d.deptype <> 'n'
), edge AS (
    SELECT DISTINCT g.number, g.classid AS of_classid, g.objid AS of_objid, g.objsubid AS of_objsubid,
           d.classid, d.objid, d.objsubid, d.deptype::text AS deptype
    FROM gone g JOIN pg_depend d ON d.refclassid = g.classid AND d.refobjid = g.objid
        AND (g.objsubid = 0 OR d.refobjsubid = g.objsubid)
)
SELECT e.number, e.of_classid, e.of_objid, e.of_objsubid, e.deptype,
       e.classid AS raw_classid, e.objid AS raw_objid, e.objsubid AS raw_objsubid,
       CASE WHEN w.rulename = '_RETURN' OR f.oid IS NOT NULL THEN 'pg_class'::regclass::oid ELSE e.classid END AS classid,
       CASE WHEN w.rulename = '_RETURN' THEN w.ev_class ELSE coalesce(f.adrelid, e.objid) END AS objid,
       CASE WHEN w.rulename = '_RETURN' THEN 0 ELSE coalesce(f.adnum::int, e.objsubid) END AS objsubid,
       CASE WHEN w.rulename = '_RETURN' THEN v.type WHEN a.attgenerated <> '' THEN 'generated column'
            WHEN f.oid IS NOT NULL THEN 'default of column' WHEN k.contype = 'n' THEN 'not null' ELSE i.type END AS type,
       CASE WHEN w.rulename = '_RETURN' THEN v.identity WHEN f.oid IS NOT NULL THEN regexp_replace(i.identity, '^for ', '')
            ELSE i.identity END AS identity
FROM edge e
CROSS JOIN LATERAL pg_identify_object(e.classid, e.objid, e.objsubid) i
LEFT JOIN pg_rewrite w ON e.classid = 'pg_rewrite'::regclass AND w.oid = e.objid
LEFT JOIN LATERAL pg_identify_object('pg_class'::regclass, w.ev_class, 0) v ON w.rulename = '_RETURN'
LEFT JOIN pg_attrdef f ON e.classid = 'pg_attrdef'::regclass AND f.oid = e.objid
LEFT JOIN pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
LEFT JOIN pg_constraint k ON e.classid = 'pg_constraint'::regclass AND k.oid = e.objid
ORDER BY e.number, type, identity;

-- name: whole_row_readers
-- Views and BEGIN ATOMIC functions that read the whole row, as in row_to_json(u): pg_depend names no column for them,
-- the stored tree does, by a variable number 0 of the table's row type. Through JSON because prosqlbody is new in 14.
WITH marker AS (
    SELECT c.oid AS relid, ':varattno 0 :vartype ' || c.reltype || ' ' AS text
    FROM pg_class c WHERE c.oid = ANY (%(tables)s::oid[])
)
SELECT m.relid, 'pg_class'::regclass::oid AS classid, r.ev_class AS objid, 0 AS objsubid, i.type, i.identity
FROM marker m JOIN pg_rewrite r ON strpos(r.ev_action::text, m.text) > 0
CROSS JOIN LATERAL pg_identify_object('pg_class'::regclass, r.ev_class, 0) i
WHERE r.ev_class <> m.relid
UNION
SELECT m.relid, 'pg_proc'::regclass::oid, p.oid, 0, i.type, i.identity
FROM marker m JOIN pg_proc p ON strpos(to_jsonb(p) ->> 'prosqlbody', m.text) > 0
CROSS JOIN LATERAL pg_identify_object('pg_proc'::regclass, p.oid, 0) i
ORDER BY 5, 6;

-- name: bodies
-- Functions whose body is a text that pg_depend cannot look into, with the tables that their triggers and their
-- arguments and results belong to. Only those that mention one of the words at all.
SELECT 'pg_proc'::regclass::oid AS classid, p.oid AS objid, l.lanname AS language, p.prosrc AS source,
       format('%%I.%%I(%%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) AS identity,
       ARRAY(SELECT DISTINCT g.tgrelid FROM pg_trigger g WHERE g.tgfoid = p.oid) AS trigger_tables,
       ARRAY(SELECT DISTINCT coalesce(nullif(y.typrelid, 0), item.typrelid)
             FROM unnest(p.proargtypes::oid[] || p.prorettype || coalesce(p.proallargtypes, '{}')) AS used (oid)
             JOIN pg_type y ON y.oid = used.oid LEFT JOIN pg_type item ON item.oid = y.typelem
             WHERE coalesce(nullif(y.typrelid, 0), item.typrelid) > 0) AS row_tables
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
JOIN pg_language l ON l.oid = p.prolang
WHERE l.lanname NOT IN ('internal', 'c')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_temp\_%%'
  AND (n.nspname <> 'migrator' OR p.proname LIKE 'sync\_%%')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
  AND EXISTS (SELECT FROM unnest(%(words)s::text[]) AS word WHERE strpos(lower(p.prosrc), lower(word)) > 0)
ORDER BY identity;

-- name: relations
-- Names of all tables and views that people made: what an alias in a function body can stand for.
SELECT c.oid, n.nspname AS schema, c.relname AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname NOT LIKE 'pg\_temp\_%%';

-- name: row_names
-- The tables' own names, and functions that return their rows: through those a body reads a column without naming
-- the table.
SELECT n.nspname AS schema, c.relname AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY (%(tables)s::oid[])
UNION
SELECT n.nspname, p.proname
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_type y ON y.oid = p.prorettype
WHERE y.typrelid = ANY (%(tables)s::oid[]);

-- name: trigger_arguments
-- Column names that triggers are given as arguments: pg_depend does not know them.
SELECT 'pg_trigger'::regclass::oid AS classid, g.oid AS objid, g.tgrelid AS relid, g.tgargs AS args, i.identity
FROM pg_trigger g CROSS JOIN LATERAL pg_identify_object('pg_trigger'::regclass, g.oid, 0) i
WHERE g.tgrelid = ANY (%(tables)s::oid[]) AND g.tgnargs > 0 AND NOT g.tgisinternal
ORDER BY i.identity;

-- name: sessions
-- Client sessions in this database besides our own. `application_name` is shown to every role; the rest needs
-- pg_read_all_stats, and a type that cannot be read is taken for a client's.
SELECT pid, usename AS role, application_name AS application, client_addr::text AS client, backend_start AS began_at
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND (backend_type IS NULL OR backend_type = 'client backend')
ORDER BY pid;

-- name: cron
-- Where the jobs of pg_cron are: in this database, or in one that cannot be seen from here; NULL without pg_cron.
SELECT to_regclass('cron.job') IS NOT NULL AS is_here, current_setting('cron.database_name', true) AS elsewhere,
       current_database() AS here;

-- name: cron_jobs
-- Jobs that run in this database. Through JSON because jobname is newer than the table.
SELECT j.jobid, to_jsonb(j) ->> 'jobname' AS name, j.command
FROM cron.job j WHERE j.active AND coalesce(to_jsonb(j) ->> 'database', current_database()) = current_database()
ORDER BY j.jobid;
