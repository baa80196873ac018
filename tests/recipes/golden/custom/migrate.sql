-- Migrate: what follows the backfill, such as VALIDATE CONSTRAINT, SET NOT NULL by a proof, or an index. Old and
-- new code both work afterwards.
-- Rows are filled by a [[backfill]] in migration.toml, never by an UPDATE of the whole table here.

-- The planner learns.
-- migrator:step probe="SELECT count(*) > 0 FROM pg_stats WHERE tablename = 'users'"
ANALYZE public.users;
