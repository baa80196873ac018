-- Migrate, after the backfill: name gets the indexes and constraints of first and last.
-- Locks: index builds and validations take SHARE UPDATE EXCLUSIVE and block no reader and no writer; adding a
-- constraint takes ACCESS EXCLUSIVE (a foreign key SHARE ROW EXCLUSIVE, on both tables) for milliseconds.
-- Old and new code both work. New code may say ON CONFLICT (name) only after this phase.
-- A row for which --up gives NULL stops the validation of name. Correct it, then resume.

ALTER TABLE app.log ADD CONSTRAINT log_name_not_null_proof CHECK (name IS NOT NULL) NOT VALID;

ALTER TABLE app.log VALIDATE CONSTRAINT log_name_not_null_proof;

BEGIN;
ALTER TABLE app.log ALTER COLUMN name SET NOT NULL;
ALTER TABLE app.log DROP CONSTRAINT log_name_not_null_proof;
COMMIT;

ANALYZE app.log;
