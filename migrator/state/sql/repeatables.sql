-- name: all
-- What each file was when it last ran.
SELECT name, sha256, applied_at, actor, runs FROM migrator.repeatable ORDER BY name;

-- name: record
-- In the transaction of the file's own statements: what is recorded is what ran.
INSERT INTO migrator.repeatable AS r (name, sha256, actor) VALUES (%(name)s, %(sha256)s, %(actor)s)
ON CONFLICT (name) DO UPDATE
    SET sha256 = excluded.sha256, actor = excluded.actor, applied_at = clock_timestamp(), runs = r.runs + 1;
