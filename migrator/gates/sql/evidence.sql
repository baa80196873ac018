-- name: backfills
-- How far each backfill of the migration is; the gate compares with the manifest's list.
SELECT name, state, rows_done, rows_estimate, remaining, different, verified_at
FROM migrator.backfill WHERE migration = %(migration)s ORDER BY name;

-- name: migrated_at
-- When the migrate phase ended: the soak is counted from here.
SELECT migrated_at FROM migrator.migration WHERE id = %(migration)s;
