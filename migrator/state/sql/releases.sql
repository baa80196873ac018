-- name: publish
-- A version's code does not change: the same version published again replaces the first.
INSERT INTO migrator.release (service, version, commit_sha, uses, files, guessed, actor)
VALUES (%(service)s, %(version)s, %(commit)s, %(uses)s, %(files)s, %(guessed)s, %(actor)s)
ON CONFLICT (service, version) DO UPDATE SET commit_sha = excluded.commit_sha, uses = excluded.uses,
    files = excluded.files, guessed = excluded.guessed, actor = excluded.actor, published_at = clock_timestamp();

-- name: releases
-- The published versions of these services.
SELECT service, version, commit_sha, uses FROM migrator.release WHERE service = ANY (%(services)s);
