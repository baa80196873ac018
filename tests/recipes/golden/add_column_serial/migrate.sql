-- Migrate, after the backfill: number becomes NOT NULL; a CHECK proves it without a locked scan.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds; the validation blocks no reader and no writer.
-- Old code gives number its number by default; new code must not write NULL.

ALTER TABLE app.events ADD CONSTRAINT events_number_not_null_proof CHECK (number IS NOT NULL) NOT VALID;

ALTER TABLE app.events VALIDATE CONSTRAINT events_number_not_null_proof;

BEGIN;
ALTER TABLE app.events ALTER COLUMN number SET NOT NULL;
ALTER TABLE app.events DROP CONSTRAINT events_number_not_null_proof;
COMMIT;
