-- Abort, before contract: kind is NOT NULL again; the table is as it was.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds; the validation blocks no reader and no writer.
-- New code that does not write kind fails: take it back first. When it left rows without a value, the validation
-- stops here: give them one, then resume.

ALTER TABLE app.events ADD CONSTRAINT events_kind_not_null_proof CHECK (kind IS NOT NULL) NOT VALID;

ALTER TABLE app.events VALIDATE CONSTRAINT events_kind_not_null_proof;

BEGIN;
ALTER TABLE app.events ALTER COLUMN kind SET NOT NULL;
ALTER TABLE app.events DROP CONSTRAINT events_kind_not_null_proof;
COMMIT;
