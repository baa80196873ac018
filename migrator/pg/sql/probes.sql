-- name: column
-- A live column; dropped ones stay in the catalog under another name.
SELECT EXISTS (
    SELECT FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relname = %(table)s AND a.attname = %(name)s
      AND a.attnum > 0 AND NOT a.attisdropped) AS found;

-- name: relation
-- A table, view, sequence or index by name. A view only by its kind: it may take over the name of a renamed table.
SELECT EXISTS (
    SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relname = %(name)s AND (%(kind)s <> 'view' OR c.relkind = 'v')) AS found;

-- name: constraint
-- By table and name: constraint names are unique only within a table.
SELECT EXISTS (
    SELECT FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relname = %(table)s AND k.conname = %(name)s) AS found;

-- name: trigger
-- By table and name, as constraints.
SELECT EXISTS (
    SELECT FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relname = %(table)s AND t.tgname = %(name)s) AS found;

-- name: function
-- Any overload counts as present.
SELECT EXISTS (
    SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = %(schema)s AND p.proname = %(name)s) AS found;

-- name: signature
-- One overload: `public.f(integer, text)`; NULL when there is none.
SELECT to_regprocedure(%(signature)s) IS NOT NULL AS found;

-- name: attached
-- A partition; one whose DETACH CONCURRENTLY was interrupted is still attached, and pending (since 14).
SELECT i.inhparent::regclass::text AS parent,
       coalesce((to_jsonb(i) ->> 'inhdetachpending')::boolean, false) AS pending
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relname = %(name)s AND c.relispartition;

-- name: object
-- The kinds that are rarely changed, each by its name; a policy or rule by its table as well, a label by its type.
SELECT CASE %(kind)s
    WHEN 'policy' THEN EXISTS (
        SELECT FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = %(schema)s AND c.relname = %(table)s AND p.polname = %(name)s)
    WHEN 'rule' THEN EXISTS (
        SELECT FROM pg_rewrite w JOIN pg_class c ON c.oid = w.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = %(schema)s AND c.relname = %(table)s AND w.rulename = %(name)s)
    WHEN 'statistics' THEN EXISTS (
        SELECT FROM pg_statistic_ext x JOIN pg_namespace n ON n.oid = x.stxnamespace
        WHERE n.nspname = %(schema)s AND x.stxname = %(name)s)
    WHEN 'collation' THEN EXISTS (
        SELECT FROM pg_collation x JOIN pg_namespace n ON n.oid = x.collnamespace
        WHERE n.nspname = %(schema)s AND x.collname = %(name)s)
    WHEN 'conversion' THEN EXISTS (
        SELECT FROM pg_conversion x JOIN pg_namespace n ON n.oid = x.connamespace
        WHERE n.nspname = %(schema)s AND x.conname = %(name)s)
    WHEN 'text search configuration' THEN EXISTS (
        SELECT FROM pg_ts_config x JOIN pg_namespace n ON n.oid = x.cfgnamespace
        WHERE n.nspname = %(schema)s AND x.cfgname = %(name)s)
    WHEN 'text search dictionary' THEN EXISTS (
        SELECT FROM pg_ts_dict x JOIN pg_namespace n ON n.oid = x.dictnamespace
        WHERE n.nspname = %(schema)s AND x.dictname = %(name)s)
    WHEN 'text search parser' THEN EXISTS (
        SELECT FROM pg_ts_parser x JOIN pg_namespace n ON n.oid = x.prsnamespace
        WHERE n.nspname = %(schema)s AND x.prsname = %(name)s)
    WHEN 'text search template' THEN EXISTS (
        SELECT FROM pg_ts_template x JOIN pg_namespace n ON n.oid = x.tmplnamespace
        WHERE n.nspname = %(schema)s AND x.tmplname = %(name)s)
    WHEN 'enum value' THEN EXISTS (
        SELECT FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace
        WHERE n.nspname = %(schema)s AND t.typname = %(table)s AND e.enumlabel = %(name)s)
    WHEN 'extension' THEN EXISTS (SELECT FROM pg_extension WHERE extname = %(name)s)
    WHEN 'publication' THEN EXISTS (SELECT FROM pg_publication WHERE pubname = %(name)s)
    WHEN 'subscription' THEN EXISTS (
        SELECT FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid
        WHERE d.datname = current_database() AND s.subname = %(name)s)
    WHEN 'event trigger' THEN EXISTS (SELECT FROM pg_event_trigger WHERE evtname = %(name)s)
    WHEN 'access method' THEN EXISTS (SELECT FROM pg_am WHERE amname = %(name)s)
    WHEN 'foreign-data wrapper' THEN EXISTS (SELECT FROM pg_foreign_data_wrapper WHERE fdwname = %(name)s)
    WHEN 'server' THEN EXISTS (SELECT FROM pg_foreign_server WHERE srvname = %(name)s)
    WHEN 'language' THEN EXISTS (SELECT FROM pg_language WHERE lanname = %(name)s)
    WHEN 'database' THEN EXISTS (SELECT FROM pg_database WHERE datname = %(name)s)
    WHEN 'tablespace' THEN EXISTS (SELECT FROM pg_tablespace WHERE spcname = %(name)s)
END AS found;

-- name: reindex_leftovers
-- What an interrupted REINDEX CONCURRENTLY left: its copies, invalid, that nobody is building any more. The relation is
-- a table or an index (NULL: every one of the schema); partitions are reindexed with their parent, and toast tables.
WITH RECURSIVE asked AS (
    SELECT coalesce(i.indrelid, c.oid) AS relid
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_index i ON i.indexrelid = c.oid
    WHERE n.nspname = %(schema)s AND c.relname = coalesce(%(name)s, c.relname)
    UNION
    SELECT h.inhrelid FROM asked a JOIN pg_inherits h ON h.inhparent = a.relid
), whole AS (
    SELECT relid FROM asked
    UNION ALL
    SELECT c.reltoastrelid FROM asked a JOIN pg_class c ON c.oid = a.relid
)
SELECT DISTINCT n.nspname AS schema, c.relname AS name
FROM whole a JOIN pg_index i ON i.indrelid = a.relid
JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$'
  AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid OR p.relid = i.indrelid)
ORDER BY 1, 2;

-- name: type
-- A type or domain.
SELECT EXISTS (
    SELECT FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE n.nspname = %(schema)s AND t.typname = %(name)s) AS found;

-- name: schema
-- A schema has no schema: only its name counts.
SELECT to_regnamespace(quote_ident(%(name)s)) IS NOT NULL AS found;

-- name: index
-- Validity is what a killed build leaves open; who builds it now, if anybody. One of a partitioned table (ON ONLY) is
-- not valid before every partition's is attached: that is no leftover.
SELECT (i.indisvalid AND i.indisready) OR c.relkind = 'I' AS valid, pg_get_indexdef(i.indexrelid) AS definition,
       (SELECT p.pid FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid LIMIT 1) AS builder
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relname = %(name)s;

-- name: not_null
-- From 18 on the column's flag is also set by a constraint that is not valid yet; the constraint's own flag decides.
SELECT a.attnotnull AND NOT EXISTS (
    SELECT FROM pg_constraint k
    WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND k.conkey = ARRAY[a.attnum] AND NOT k.convalidated) AS proven,
       a.attnotnull AS marked
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relname = %(table)s AND a.attname = %(name)s AND NOT a.attisdropped;

-- name: validated
-- NULL when there is no such constraint.
SELECT k.convalidated AS valid
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relname = %(table)s AND k.conname = %(name)s;

-- name: temporary_index
-- An index of this session's temporary schema.
SELECT pg_get_indexdef(i.indexrelid) AS definition
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE c.relname = %(name)s AND c.relnamespace = pg_my_temp_schema();
