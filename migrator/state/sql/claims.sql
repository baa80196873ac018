-- name: take_turn
-- Claims are read and then written: one session at a time, for as long as its state change takes.
SELECT set_config('lock_timeout', '10s', true), pg_advisory_xact_lock(1835625330, 2);

-- name: ended
-- A tool of the version before ends migrations without giving their claims back.
SELECT DISTINCT c.migration FROM migrator.claim c JOIN migrator.migration m ON m.id = c.migration
WHERE m.state IN ('complete', 'aborted');

-- name: holders
-- Who holds the tables now, or one above or below them in a tree of partitions or inheritance, and where each is.
WITH RECURSIVE wanted AS (
    SELECT a.s, a.t, c.oid
    FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS a (s, t)
    LEFT JOIN pg_namespace n ON n.nspname = a.s
    LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = a.t
), above AS (
    SELECT s, t, oid FROM wanted
    UNION
    SELECT b.s, b.t, i.inhparent FROM above b JOIN pg_inherits i ON i.inhrelid = b.oid
), below AS (
    SELECT s, t, oid FROM wanted
    UNION
    SELECT b.s, b.t, i.inhrelid FROM below b JOIN pg_inherits i ON i.inhparent = b.oid
), relatives AS (
    SELECT s, t, s AS schema, t AS name, '' AS place FROM wanted
    UNION
    SELECT r.s, r.t, n.nspname, c.relname, r.place
    FROM (SELECT *, 'above' AS place FROM above UNION ALL SELECT *, 'below' FROM below) r
    JOIN wanted w USING (s, t) JOIN pg_class c ON c.oid = r.oid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE r.oid <> w.oid
)
SELECT r.s AS wanted_schema, r.t AS wanted_name, r.place, c.table_schema, c.table_name, c.migration, c.after, m.state
FROM relatives r
JOIN migrator.claim c ON c.table_schema = r.schema AND c.table_name = r.name
JOIN migrator.migration m ON m.id = c.migration
ORDER BY r.s, r.t, r.place, c.table_schema, c.table_name, c.claimed_at;

-- name: dependencies
-- Who builds on whom, as the manifests said when the migrations last changed their state.
SELECT id, coalesce(manifest -> 'migration' -> 'depends_on', '[]') AS depends_on FROM migrator.migration;

-- name: take
-- The UNIQUE of (table, after) is the last word when a bug or a hand has written a second chain.
INSERT INTO migrator.claim (migration, table_schema, table_name, after)
VALUES (%(migration)s, %(schema)s, %(name)s, %(after)s)
ON CONFLICT (migration, table_schema, table_name) DO NOTHING;

-- name: release
-- All claims of a migration that has ended.
DELETE FROM migrator.claim WHERE migration = %(migration)s RETURNING table_schema, table_name, after;

-- name: pass_on
-- Who built on it now stands where it stood.
UPDATE migrator.claim SET after = %(after)s
WHERE table_schema = %(table_schema)s AND table_name = %(table_name)s AND after = %(migration)s;

-- name: all
-- For status and drift.
SELECT c.migration, c.table_schema, c.table_name, m.state
FROM migrator.claim c JOIN migrator.migration m ON m.id = c.migration
ORDER BY c.migration, c.table_schema, c.table_name;

-- name: touch
-- What the migration changes is known when it begins, and more of it when a contract is written later.
INSERT INTO migrator.touched (migration, owner_schema, owner_name)
SELECT %(migration)s, s, n FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS a (s, n)
ON CONFLICT DO NOTHING;

-- name: touched
-- What the migration changes.
SELECT owner_schema, owner_name FROM migrator.touched WHERE migration = %(migration)s;
