-- Migrate: the check refuses new rows first, then old ones are validated.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds; the validation takes SHARE UPDATE EXCLUSIVE, reads the
-- table once and blocks no reader and no writer.
-- When the validation finds a row that was written meanwhile, set it right (run the backfill again), then resume.
-- Old and new code: a write that does not meet the check fails from here on.

ALTER TABLE public.users ADD CONSTRAINT users_age_check CHECK (age >= 0 AND age < 200) NOT VALID;

ALTER TABLE public.users VALIDATE CONSTRAINT users_age_check;
