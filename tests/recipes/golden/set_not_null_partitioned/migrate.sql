-- Migrate, after the backfill: place becomes NOT NULL. A CHECK refuses new NULLs first, then old rows are
-- validated.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds; the validation takes SHARE UPDATE EXCLUSIVE, reads the
-- table once and blocks no reader and no writer.
-- When the validation finds a NULL that was written meanwhile, run the backfill again, then resume.
-- Both versions of the application must write a value to place.

ALTER TABLE app.events ADD CONSTRAINT events_place_not_null_proof CHECK (place IS NOT NULL) NOT VALID;

ALTER TABLE app.events VALIDATE CONSTRAINT events_place_not_null_proof;

BEGIN;
ALTER TABLE app.events ALTER COLUMN place SET NOT NULL;
ALTER TABLE app.events DROP CONSTRAINT events_place_not_null_proof;
COMMIT;
