-- name: standing
-- Beside the objects themselves: who owns and may use them, what a replica or a subscriber gets of them, and what the
-- planner was told. An owner is as in `objects`; a schema is (name, '') and a publication ('', name). An owner's own
-- privileges are left out: they are the same everywhere, and a new server version adds some. Lists of columns and
-- filters of publications exist since 15.
WITH RECURSIVE asked AS (
    SELECT schema COLLATE "C" AS schema, name COLLATE "C" AS name
    FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS a (schema, name)
    UNION
    SELECT cn.nspname::text, c.relname::text
    FROM asked a
    JOIN pg_namespace pn ON pn.nspname = a.schema
    JOIN pg_class p ON p.relnamespace = pn.oid AND p.relname = a.name
    JOIN pg_inherits i ON i.inhparent = p.oid
    JOIN pg_class c ON c.oid = i.inhrelid
    JOIN pg_namespace cn ON cn.oid = c.relnamespace
), space AS MATERIALIZED (
    SELECT oid, nspname, nspowner, nspacl FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'migrator')
), relation AS MATERIALIZED (
    SELECT c.oid, s.nspname AS schema, c.relname AS name, c.relkind AS kind, c.relowner, c.relacl, c.relreplident
    FROM pg_class c JOIN space s ON s.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
      AND (%(names)s::text[] IS NULL OR (s.nspname, c.relname) IN (SELECT schema, name FROM asked))
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
      AND NOT (c.relkind = 'S' AND EXISTS (
          SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refobjsubid > 0))
), routine AS MATERIALIZED (
    SELECT p.oid, s.nspname AS schema, p.proname || '()' AS name, p.proowner, p.proacl
    FROM pg_proc p JOIN space s ON s.oid = p.pronamespace
    WHERE (%(names)s::text[] IS NULL OR (s.nspname, p.proname || '()') IN (SELECT schema, name FROM asked))
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
), owned_sequence AS MATERIALIZED (
    SELECT r.schema, r.name, q.oid, q.relowner, q.relacl
    FROM relation r
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = r.oid AND d.refobjsubid > 0
        AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
    JOIN pg_class q ON q.oid = d.objid AND q.relkind = 'S'
), granted (kind, schema, owner, name, role, acl) AS (
    SELECT 'grants', schema, name, 'grants', relowner, relacl FROM relation
    UNION ALL
    SELECT 'sequence grants', schema, name, oid::regclass::text, relowner, relacl FROM owned_sequence
    UNION ALL
    SELECT 'column grants', r.schema, r.name, a.attname, r.relowner, a.attacl
    FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
)
SELECT 'owner' AS kind, schema::text COLLATE "C" AS owner_schema, name::text COLLATE "C" AS owner_name,
       'owner'::text COLLATE "C" AS name, pg_get_userbyid(relowner)::text AS definition -- text: a name is cut at 63 bytes
FROM relation
UNION ALL
SELECT g.kind, g.schema, g.owner, g.name,
       string_agg(coalesce(pg_get_userbyid(nullif(x.grantee, 0)), 'PUBLIC') || ': ' || x.privilege_type
           || CASE WHEN x.is_grantable THEN ' (grantable)' ELSE '' END, ', '
           ORDER BY coalesce(pg_get_userbyid(nullif(x.grantee, 0)), 'PUBLIC') COLLATE "C", x.privilege_type COLLATE "C")
FROM granted g CROSS JOIN LATERAL aclexplode(g.acl) AS x
WHERE x.grantee <> g.role
GROUP BY g.kind, g.schema, g.owner, g.name
UNION ALL
SELECT 'replica identity', r.schema, r.name, 'replica identity',
       CASE r.relreplident WHEN 'f' THEN 'full' WHEN 'n' THEN 'nothing'
       ELSE 'index ' || (SELECT i.indexrelid::regclass::text FROM pg_index i WHERE i.indrelid = r.oid AND i.indisreplident) END
FROM relation r WHERE r.kind IN ('r', 'p') AND r.relreplident <> 'd'
UNION ALL
SELECT 'column settings', s.schema, s.name, s.column, s.text
FROM (
    SELECT r.schema, r.name, a.attname AS column, concat_ws(', ',
           'statistics ' || nullif(a.attstattarget, -1), CASE WHEN a.attstorage <> t.typstorage THEN 'storage ' || a.attstorage::text END,
           'compression ' || nullif(to_jsonb(a) ->> 'attcompression', ''), array_to_string(a.attoptions, ', ')) AS text
    FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE r.kind IN ('r', 'p', 'm', 'f')
) AS s WHERE s.text <> ''
UNION ALL
SELECT 'statistics', r.schema, r.name, s.stxname, pg_get_statisticsobjdef(s.oid)
       || coalesce(' statistics ' || nullif((to_jsonb(s) ->> 'stxstattarget')::int, -1), '')
FROM relation r JOIN pg_statistic_ext s ON s.stxrelid = r.oid
UNION ALL
SELECT 'policy roles', r.schema, r.name, p.polname,
       (SELECT string_agg(pg_get_userbyid(role), ', ' ORDER BY pg_get_userbyid(role)) FROM unnest(p.polroles) AS role)
FROM relation r JOIN pg_policy p ON p.polrelid = r.oid WHERE p.polroles <> '{0}'
UNION ALL
SELECT 'publication', r.schema, r.name, p.pubname, concat_ws(' ', 'published',
       (SELECT 'columns ' || string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
        WHERE a.attrelid = r.oid AND a.attnum::text = ANY (string_to_array(to_jsonb(pr) ->> 'prattrs', ' '))),
       (SELECT min('where ' || (to_jsonb(t) ->> 'rowfilter')) FROM pg_publication_tables t
        WHERE t.pubname = p.pubname AND t.schemaname = r.schema AND t.tablename = r.name))
FROM relation r JOIN pg_publication_rel pr ON pr.prrelid = r.oid JOIN pg_publication p ON p.oid = pr.prpubid
UNION ALL
SELECT 'function access', f.schema, f.name, pg_get_function_identity_arguments(f.oid), 'owner ' || pg_get_userbyid(f.proowner)
       || coalesce((SELECT ', ' || string_agg(coalesce(pg_get_userbyid(nullif(x.grantee, 0)), 'PUBLIC') || ': ' || x.privilege_type, ', '
                           ORDER BY x.grantee, x.privilege_type)
                    FROM aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) AS x WHERE x.grantee <> f.proowner), '')
FROM routine f
UNION ALL
SELECT 'schema', s.nspname, '', '', 'owner ' || pg_get_userbyid(s.nspowner)
       || coalesce((SELECT ', ' || string_agg(coalesce(pg_get_userbyid(nullif(x.grantee, 0)), 'PUBLIC') || ': ' || x.privilege_type, ', '
                           ORDER BY x.grantee, x.privilege_type)
                    FROM aclexplode(s.nspacl) AS x WHERE x.grantee <> s.nspowner), '')
FROM space s
WHERE (%(names)s::text[] IS NULL OR (s.nspname, '') IN (SELECT schema, name FROM asked))
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = s.oid AND d.deptype = 'e')
UNION ALL
SELECT 'publication', '', p.pubname, '', concat_ws(', ', 'owner ' || pg_get_userbyid(p.pubowner),
       CASE WHEN p.puballtables THEN 'all tables' END,
       CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
       CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END,
       CASE WHEN p.pubviaroot THEN 'via the partitioned table' END)
FROM pg_publication p
WHERE %(names)s::text[] IS NULL OR ('', p.pubname) IN (SELECT schema, name FROM asked)
ORDER BY 2, 3, 1, 4;

-- name: affected
-- The owners of what a statement names: a publication's tables, the table of statistics and of a column's sequence,
-- and every table, view and function of a schema.
SELECT n.nspname AS schema, c.relname AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid IN (
    SELECT pr.prrelid FROM pg_publication_rel pr JOIN pg_publication p ON p.oid = pr.prpubid
    WHERE ('', p.pubname) IN (SELECT * FROM unnest(%(schemas)s::text[], %(names)s::text[]))
    UNION ALL
    SELECT s.stxrelid FROM pg_statistic_ext s JOIN pg_namespace sn ON sn.oid = s.stxnamespace
    WHERE (sn.nspname, s.stxname) IN (SELECT * FROM unnest(%(schemas)s::text[], %(names)s::text[]))
    UNION ALL
    SELECT d.refobjid FROM pg_class q JOIN pg_namespace qn ON qn.oid = q.relnamespace
    JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = q.oid AND d.deptype IN ('a', 'i')
    WHERE q.relkind = 'S' AND (qn.nspname, q.relname) IN (SELECT * FROM unnest(%(schemas)s::text[], %(names)s::text[])))
   OR n.nspname = ANY (%(whole)s)
UNION
SELECT n.nspname, p.proname || '()' FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = ANY (%(whole)s)
ORDER BY 1, 2;
