-- Migrate, after the backfill: full_name gets the indexes and constraints of first and last.
-- Locks: index builds and validations take SHARE UPDATE EXCLUSIVE and block no reader and no writer; adding a
-- constraint takes ACCESS EXCLUSIVE (a foreign key SHARE ROW EXCLUSIVE, on both tables) for milliseconds.
-- Old and new code both work. New code may say ON CONFLICT (full_name) only after this phase.
-- A row for which --up gives NULL stops the validation of full_name. Correct it, then resume.

ALTER TABLE public.people ADD CONSTRAINT people_full_name_not_null_proof CHECK (full_name IS NOT NULL) NOT VALID;

ALTER TABLE public.people VALIDATE CONSTRAINT people_full_name_not_null_proof;

BEGIN;
ALTER TABLE public.people ALTER COLUMN full_name SET NOT NULL;
ALTER TABLE public.people DROP CONSTRAINT people_full_name_not_null_proof;
COMMIT;

ANALYZE public.people;
