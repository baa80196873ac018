-- name: table
-- A view counts: rows are deleted through it. Indexes and sequences hold nothing that is missed.
SELECT EXISTS (
    SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relname = %(table)s AND c.relkind IN ('r', 'p', 'f', 'v')) AS found;

-- name: column
-- A live column of a table.
SELECT EXISTS (
    SELECT FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relname = %(table)s AND c.relkind IN ('r', 'p', 'f')
      AND a.attname = %(name)s AND a.attnum > 0 AND NOT a.attisdropped) AS found;

-- name: generated
-- What the server computes from other columns can be computed again.
SELECT EXISTS (
    SELECT FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relname = %(table)s AND a.attname = %(name)s AND a.attgenerated <> ''
      AND NOT a.attisdropped) AS found;

-- name: trigger
-- One that is disabled keeps nothing in step.
SELECT EXISTS (
    SELECT FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relname = %(table)s AND t.tgname = %(name)s AND t.tgenabled <> 'D') AS found;
