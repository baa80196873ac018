-- name: limit_statements
-- A look that waits for something is worth less than an answer that says so.
SELECT set_config('statement_timeout', '10s', false);

-- name: latest_events
-- The newest rows only: the whole history of years is not read every few seconds.
SELECT seq, at, actor, action, migration, detail FROM migrator.audit ORDER BY seq DESC LIMIT %(most)s;

-- name: about
-- What the header says about the server.
SELECT current_database() AS name, current_setting('server_version') AS version, clock_timestamp() AS now;
