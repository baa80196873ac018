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

-- name: running
-- What may run: the last finished deploy of each service and what was begun or broke off after it, and every version
-- that sent a heartbeat within five minutes. The commit is the one that anybody told for this version.
WITH finished AS (
    SELECT DISTINCT ON (service) service, id, deployed_at
    FROM migrator.deploy WHERE status = 'finished' ORDER BY service, deployed_at DESC, id DESC
), seen AS (
    SELECT d.service, d.version, d.status AS how, d.deployed_at AS at, d.commit_sha
    FROM migrator.deploy AS d LEFT JOIN finished AS f USING (service)
    WHERE f.id IS NULL OR (d.deployed_at, d.id) >= (f.deployed_at, f.id)
    UNION ALL
    SELECT i.service, i.version, 'alive', max(i.last_seen), NULL
    FROM migrator.instance AS i WHERE i.last_seen > clock_timestamp() - interval '5 minutes'
    GROUP BY i.service, i.version
)
SELECT DISTINCT ON (s.service, s.version) s.service, s.version, s.how, s.at, coalesce(
    s.commit_sha,
    (SELECT d.commit_sha FROM migrator.deploy AS d
     WHERE d.service = s.service AND d.version = s.version AND d.commit_sha IS NOT NULL
     ORDER BY d.deployed_at DESC, d.id DESC LIMIT 1),
    (SELECT r.commit_sha FROM migrator.release AS r WHERE r.service = s.service AND r.version = s.version)
) AS commit_sha
FROM seen AS s
ORDER BY s.service, s.version, s.how = 'finished' DESC, s.commit_sha IS NULL, s.at DESC;
