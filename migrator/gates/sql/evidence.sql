-- name: backfills
-- How far each backfill of the migration is; the gate compares with the manifest's list.
SELECT name, state, rows_done, rows_estimate, remaining, different, finished_at, verified_at, verification,
       (SELECT count(*) FROM migrator.backfill_quarantine AS q WHERE q.migration = b.migration AND q.name = b.name)
           AS quarantined
FROM migrator.backfill AS b WHERE migration = %(migration)s ORDER BY name;

-- name: migrated_at
-- When the migrate phase ended: the soak is counted from here.
SELECT migrated_at FROM migrator.migration WHERE id = %(migration)s;

-- name: wires
-- The migration's triggers that are there: whether they fire, and whether their function records.
SELECT n.nspname AS schema, c.relname AS table, g.tgname AS name, g.tgenabled IN ('O', 'A') AS fires,
       strpos(p.prosrc, %(call)s) > 0 AS records
FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_proc p ON p.oid = g.tgfoid
JOIN unnest(%(schemas)s::text[], %(tables)s::text[], %(names)s::text[]) AS made (schema, relation, trigger)
    ON n.nspname = made.schema AND c.relname = made.relation AND g.tgname = made.trigger
ORDER BY 1, 2, 3;

-- name: old_writes
-- Sessions that wrote the old side since a moment.
SELECT pid, backend_start, application, role, client, first_seen, last_seen
FROM migrator.old_write WHERE migration = %(migration)s AND last_seen > %(since)s ORDER BY last_seen DESC, pid;
