-- name: take_turn
-- Claims are read and then written: one session at a time, for as long as its state change takes.
SELECT set_config('lock_timeout', '10s', true), pg_advisory_xact_lock(1835625330, 2);

-- name: ended
-- A tool of the version before ends migrations without giving their claims back.
SELECT DISTINCT c.migration FROM migrator.claim c JOIN migrator.migration m ON m.id = c.migration
WHERE m.state IN ('complete', 'aborted');

-- name: holders
-- Who holds the tables now, and where each holder is.
SELECT c.table_schema, c.table_name, c.migration, c.after, m.state
FROM migrator.claim c JOIN migrator.migration m ON m.id = c.migration
WHERE (c.table_schema, c.table_name) IN (SELECT s, t FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS a (s, t))
ORDER BY c.table_schema, c.table_name, c.claimed_at;

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
