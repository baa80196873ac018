-- name: column
-- A live column; dropped ones stay in the catalog under another name.
SELECT EXISTS (
    SELECT FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relname = %(table)s AND a.attname = %(name)s
      AND a.attnum > 0 AND NOT a.attisdropped) AS found;

-- name: relation
-- A table, view, sequence or index by name.
SELECT EXISTS (
    SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relname = %(name)s) AS found;

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
-- Whether a table is a partition; one whose DETACH CONCURRENTLY was interrupted still is.
SELECT EXISTS (
    SELECT FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relname = %(name)s AND c.relispartition) AS found;

-- name: type
-- A type or domain.
SELECT EXISTS (
    SELECT FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE n.nspname = %(schema)s AND t.typname = %(name)s) AS found;

-- name: schema
-- A schema has no schema: only its name counts.
SELECT to_regnamespace(quote_ident(%(name)s)) IS NOT NULL AS found;

-- name: index
-- Validity is what a killed build leaves open; who builds it now, if anybody.
SELECT i.indisvalid AND i.indisready AS valid, pg_get_indexdef(i.indexrelid) AS definition,
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
