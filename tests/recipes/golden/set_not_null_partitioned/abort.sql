-- Abort: place accepts NULL again. Values that the backfill wrote stay.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds.
-- No version of the application sees a difference.

ALTER TABLE app.events DROP CONSTRAINT events_place_not_null_proof;

ALTER TABLE app.events ALTER COLUMN place DROP NOT NULL;
