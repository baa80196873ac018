-- name: read
-- When the catalog was last vouched for, by whom and why.
SELECT recorded_at, actor, reason FROM migrator.snapshot;

-- name: objects
-- The catalog as it was then.
SELECT kind, owner_schema, owner_name, name, definition FROM migrator.snapshot_object
ORDER BY owner_schema, owner_name, kind, name;

-- name: record
-- One snapshot at a time: the newest.
INSERT INTO migrator.snapshot (actor, reason) VALUES (%(actor)s, %(reason)s)
ON CONFLICT (only_row) DO UPDATE SET recorded_at = clock_timestamp(), actor = excluded.actor, reason = excluded.reason;

-- name: forget
-- Before these owners' objects, or all, are written again; or only the objects of some kinds.
DELETE FROM migrator.snapshot_object
WHERE (%(names)s::text[] IS NULL
       OR (owner_schema, owner_name) IN (SELECT s, n FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS a (s, n)))
  AND (%(only)s::text[] IS NULL OR kind = ANY (%(only)s));

-- name: keep
-- The objects as they are now.
INSERT INTO migrator.snapshot_object (kind, owner_schema, owner_name, name, definition)
SELECT * FROM unnest(%(kinds)s::text[], %(schemas)s::text[], %(owners)s::text[], %(names)s::text[], %(definitions)s::text[])
ON CONFLICT DO NOTHING;
