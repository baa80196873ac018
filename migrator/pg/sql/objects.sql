-- name: objects
-- Every object of the user as one line of text, so that two moments can be compared; of the owners named, or of all
-- (NULL). An owner is a table, view or type, or a function as `name()`. A table stands for its partitions and heirs as
-- well, which change with it, and for the sequences of its columns. Extensions' members belong to the extension.
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
    SELECT oid, nspname FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'migrator')
), relation AS MATERIALIZED (
    SELECT c.oid, s.nspname AS schema, c.relname AS name, c.relkind AS kind
    FROM pg_class c JOIN space s ON s.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
      AND (%(names)s::text[] IS NULL OR (s.nspname, c.relname) IN (SELECT schema, name FROM asked))
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
      AND NOT (c.relkind = 'S' AND EXISTS (
          SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refobjsubid > 0))
), routine AS MATERIALIZED (
    SELECT p.oid, s.nspname AS schema, p.proname || '()' AS name, p.prokind AS kind
    FROM pg_proc p JOIN space s ON s.oid = p.pronamespace
    WHERE (%(names)s::text[] IS NULL OR (s.nspname, p.proname || '()') IN (SELECT schema, name FROM asked))
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
), user_type AS MATERIALIZED (
    SELECT t.oid, s.nspname AS schema, t.typname AS name, t.typtype AS kind
    FROM pg_type t JOIN space s ON s.oid = t.typnamespace
    WHERE t.typtype IN ('e', 'd')
      AND (%(names)s::text[] IS NULL OR (s.nspname, t.typname) IN (SELECT schema, name FROM asked))
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
)
SELECT CASE r.kind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence'
       WHEN 'f' THEN 'foreign table' ELSE 'table' END AS kind,
       r.schema::text COLLATE "C" AS owner_schema, r.name::text COLLATE "C" AS owner_name, '' AS name, -- not cut at 63
       CASE WHEN r.kind IN ('v', 'm') THEN pg_get_viewdef(r.oid)
            WHEN r.kind = 'S' THEN (SELECT concat_ws(' ', format_type(q.seqtypid, NULL), q.seqstart, q.seqincrement,
                 q.seqmin, q.seqmax, q.seqcycle) FROM pg_sequence q WHERE q.seqrelid = r.oid)
            ELSE concat_ws(' ', CASE c.relpersistence WHEN 'u' THEN 'unlogged' END,
                 CASE WHEN r.kind = 'p' THEN 'partition by ' || pg_get_partkeydef(r.oid) END,
                 CASE WHEN c.relispartition THEN 'partition ' || pg_get_expr(c.relpartbound, r.oid) END,
                 CASE WHEN c.relrowsecurity THEN 'row security' END,
                 CASE WHEN c.relforcerowsecurity THEN 'forced' END, array_to_string(c.reloptions, ', ')) END AS definition
FROM relation r JOIN pg_class c ON c.oid = r.oid
UNION ALL
SELECT 'column', r.schema, r.name, a.attname,
       concat_ws(' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attcollation <> t.typcollation
           THEN 'collate ' || (SELECT quote_ident(collname) FROM pg_collation WHERE oid = a.attcollation) END,
           CASE WHEN a.attnotnull THEN 'not null' END,
           CASE a.attidentity WHEN 'a' THEN 'identity always' WHEN 'd' THEN 'identity by default' END,
           CASE WHEN a.attgenerated <> '' THEN 'generated' WHEN d.oid IS NOT NULL THEN 'default' END,
           pg_get_expr(d.adbin, d.adrelid))
FROM relation r
JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE r.kind IN ('r', 'p', 'f')
UNION ALL
SELECT 'sequence', r.schema, r.name, q.oid::regclass::text,
       (SELECT concat_ws(' ', format_type(v.seqtypid, NULL), v.seqstart, v.seqincrement, v.seqmin, v.seqmax, v.seqcycle)
        FROM pg_sequence v WHERE v.seqrelid = q.oid)
FROM relation r
JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = r.oid AND d.refobjsubid > 0
    AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
JOIN pg_class q ON q.oid = d.objid AND q.relkind = 'S'
UNION ALL
SELECT 'index', r.schema, r.name, x.relname,
       pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' (invalid)' END
FROM relation r JOIN pg_index i ON i.indrelid = r.oid JOIN pg_class x ON x.oid = i.indexrelid
WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
UNION ALL
SELECT 'constraint', r.schema, r.name, k.conname, pg_get_constraintdef(k.oid)
FROM relation r JOIN pg_constraint k ON k.conrelid = r.oid
WHERE k.contype IN ('p', 'u', 'c', 'f', 'x') OR (k.contype = 'n' AND NOT k.convalidated)
UNION ALL
SELECT 'trigger', r.schema, r.name, g.tgname, concat_ws(' ', pg_get_triggerdef(g.oid),
       CASE g.tgenabled WHEN 'D' THEN '(disabled)' WHEN 'R' THEN '(on replicas)' WHEN 'A' THEN '(always)' END)
FROM relation r JOIN pg_trigger g ON g.tgrelid = r.oid
WHERE NOT g.tgisinternal
UNION ALL
SELECT 'policy', r.schema, r.name, p.polname, concat_ws(' ', p.polcmd::text, CASE WHEN NOT p.polpermissive THEN 'restrictive' END,
       'using ' || pg_get_expr(p.polqual, p.polrelid), 'check ' || pg_get_expr(p.polwithcheck, p.polrelid))
FROM relation r JOIN pg_policy p ON p.polrelid = r.oid
UNION ALL
SELECT CASE f.kind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
       f.schema, f.name, pg_get_function_identity_arguments(f.oid),
       CASE WHEN f.kind = 'a' THEN pg_get_function_result(f.oid) ELSE pg_get_functiondef(f.oid) END
FROM routine f
UNION ALL
SELECT CASE t.kind WHEN 'd' THEN 'domain' ELSE 'type' END, t.schema, t.name, '',
       CASE WHEN t.kind = 'e'
            THEN (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid)
            ELSE (SELECT concat_ws(' ', format_type(y.typbasetype, y.typtypmod), CASE WHEN y.typnotnull THEN 'not null' END,
                  'default ' || y.typdefault,
                  (SELECT string_agg(pg_get_constraintdef(oid), ' ' ORDER BY conname) FROM pg_constraint WHERE contypid = t.oid AND contype = 'c'))
                  FROM pg_type y WHERE y.oid = t.oid) END
FROM user_type t
ORDER BY 2, 3, 1, 4;

-- name: dependents
-- What the server writes anew when these tables or their columns get other names: views over them, and the tables
-- whose foreign keys point at them.
WITH RECURSIVE asked AS (
    SELECT c.oid FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS a (schema, name)
    JOIN pg_namespace n ON n.nspname = a.schema JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = a.name
), seen AS (
    SELECT oid FROM asked
    UNION
    SELECT w.ev_class FROM seen s
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = s.oid AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite w ON w.oid = d.objid
)
SELECT n.nspname AS schema, c.relname AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid IN (SELECT oid FROM seen UNION SELECT conrelid FROM pg_constraint
                WHERE contype = 'f' AND confrelid IN (SELECT oid FROM asked))
ORDER BY 1, 2;
