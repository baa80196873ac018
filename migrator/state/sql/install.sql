-- name: take_turn
-- Two sessions that install at once take turns; the lock ends with the transaction. lock_timeout bounds the wait.
SELECT set_config('lock_timeout', '10s', true), pg_advisory_xact_lock(1835625330, 1);

-- name: exists
-- A table, not the schema, is the sign: somebody may have created an empty schema for us.
SELECT to_regclass('migrator.meta') IS NOT NULL AS installed;

-- name: version
-- One row at most, held by a CHECK on its key.
SELECT schema_version FROM migrator.meta;

-- name: create_schema
-- A schema made beforehand by an administrator is fine, as long as we may create tables in it.
CREATE SCHEMA IF NOT EXISTS migrator;

-- name: record
-- The version is written in the transaction that makes it true.
INSERT INTO migrator.meta (schema_version) VALUES (%(version)s)
ON CONFLICT (only_row) DO UPDATE SET schema_version = excluded.schema_version;

-- name: owner
-- For who may not read it: whom to ask, readable by everybody.
SELECT quote_ident(pg_get_userbyid(nspowner)) AS owner, quote_ident(current_user) AS role
FROM pg_namespace WHERE nspname = 'migrator';
