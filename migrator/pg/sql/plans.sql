-- name: statements_schema
-- The extension may be installed in any schema; none when it is not there.
SELECT n.nspname AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname = 'pg_stat_statements';

-- name: running
-- What clients of this database ran last: the only trace of queries where pg_stat_statements is not installed.
SELECT DISTINCT query FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND application_name NOT LIKE 'migrator%%'
  AND query LIKE '%%*%%' AND pid <> pg_backend_pid()
  AND EXISTS (SELECT FROM unnest(%(names)s::text[]) AS n (name) WHERE strpos(lower(query), lower(n.name)) > 0);
