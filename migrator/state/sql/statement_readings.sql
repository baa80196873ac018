-- name: server
-- What was known of a server at the reading before; locked, so that two readings at once take turns.
SELECT name, since, broken_by, read_at, dealloc, stats_reset FROM migrator.statement_server
WHERE name = %(server)s FOR UPDATE;

-- name: first
-- A server that was never read: nothing is known of the time before. Another first reading may be faster.
INSERT INTO migrator.statement_server (name, broken_by, dealloc, stats_reset)
VALUES (%(server)s, 'it was read for the first time', %(dealloc)s, %(stats_reset)s)
ON CONFLICT (name) DO NOTHING;

-- name: advance
-- The reading is recorded; `broken_by` not empty means that something between it and the one before was missed.
UPDATE migrator.statement_server SET read_at = clock_timestamp(), dealloc = %(dealloc)s, stats_reset = %(stats_reset)s,
    since = CASE WHEN %(broken_by)s = '' THEN since ELSE clock_timestamp() END,
    broken_by = CASE WHEN %(broken_by)s = '' THEN broken_by ELSE %(broken_by)s END
WHERE name = %(server)s;

-- name: seen
-- The counts of the reading before.
SELECT queryid, role, is_toplevel, calls, text, grew_at FROM migrator.statement_seen WHERE server = %(server)s;

-- name: grew
-- New entries and more calls; of a first reading nobody knows when they ran.
INSERT INTO migrator.statement_seen (server, queryid, role, is_toplevel, calls, text, grew_at)
SELECT %(server)s, n.queryid, n.role, n.is_toplevel, n.calls, n.text,
       CASE WHEN %(is_first)s THEN NULL ELSE clock_timestamp() END
FROM unnest(%(queryids)s::bigint[], %(roles)s::oid[], %(toplevels)s::boolean[], %(calls)s::bigint[], %(texts)s::text[])
    AS n (queryid, role, is_toplevel, calls, text)
ON CONFLICT (server, queryid, role, is_toplevel) DO UPDATE
    SET calls = excluded.calls, text = excluded.text, grew_at = clock_timestamp();

-- name: gone
-- Entries that the server has no longer: if they come back, they count from zero. What ran in the window is kept.
UPDATE migrator.statement_seen SET calls = 0
WHERE server = %(server)s AND calls > 0 AND NOT (queryid, role, is_toplevel) IN (
    SELECT * FROM unnest(%(queryids)s::bigint[], %(roles)s::oid[], %(toplevels)s::boolean[]));

-- name: forget
-- What ended long before any window that a gate looks at, and is not needed to count from.
DELETE FROM migrator.statement_seen
WHERE server = %(server)s AND calls = 0 AND coalesce(grew_at, '-infinity') < clock_timestamp() - interval '400 days';

-- name: servers
-- Every server that was ever read.
SELECT name, since, broken_by, read_at FROM migrator.statement_server ORDER BY name;

-- name: ran
-- Statements that ran since a moment, on any server.
SELECT s.server, s.queryid, coalesce(r.rolname, s.role::text) AS role, s.text, max(s.grew_at) AS grew_at
FROM migrator.statement_seen s LEFT JOIN pg_roles r ON r.oid = s.role
WHERE s.grew_at > %(since)s
GROUP BY 1, 2, 3, 4 ORDER BY 2, 1, 3;

-- name: replicas
-- Replicas that were seen once and that nobody has told to be gone.
SELECT name FROM migrator.replica WHERE forgotten_at IS NULL ORDER BY name;
