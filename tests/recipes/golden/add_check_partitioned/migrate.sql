-- Migrate: the check refuses new rows first, then old ones are validated.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds; the validation takes SHARE UPDATE EXCLUSIVE, reads the
-- table once and blocks no reader and no writer.
-- When the validation finds a row that was written meanwhile, set it right (run the backfill again), then resume.
-- Old and new code: a write that does not meet the check fails from here on.

ALTER TABLE app.events ADD CONSTRAINT events_place_check CHECK (place > 0) NOT VALID;

ALTER TABLE app.events VALIDATE CONSTRAINT events_place_check;
