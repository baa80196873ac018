-- name: record
-- What a deploy system told; the time is the database's when it told none.
INSERT INTO migrator.deploy (service, version, status, commit_sha, deployed_at, actor)
VALUES (%(service)s, %(version)s, %(status)s, %(commit)s, coalesce(%(at)s::timestamptz, clock_timestamp()), %(actor)s);

-- name: list
-- The newest first; `service` empty: of all.
SELECT service, version, status, commit_sha, deployed_at, actor
FROM migrator.deploy WHERE coalesce(%(service)s, service) = service
ORDER BY deployed_at DESC, id DESC LIMIT %(limit)s;

-- name: latest
-- The last finished deploy of each service: what should be running.
SELECT DISTINCT ON (service) service, version, deployed_at
FROM migrator.deploy WHERE status = 'finished' AND service = ANY (%(services)s)
ORDER BY service, deployed_at DESC, id DESC;

-- name: beat
-- The application's own call, made for a program that cannot make it.
SELECT migrator.heartbeat(%(service)s, %(version)s, %(instance)s);
