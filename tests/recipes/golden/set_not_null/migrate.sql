-- Migrate, after the backfill: email becomes NOT NULL. A CHECK refuses new NULLs first, then old rows are
-- validated.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds; the validation takes SHARE UPDATE EXCLUSIVE, reads the
-- table once and blocks no reader and no writer.
-- When the validation finds a NULL that was written meanwhile, run the backfill again, then resume.
-- Both versions of the application must write a value to email.

ALTER TABLE public.users ADD CONSTRAINT users_email_not_null_proof CHECK (email IS NOT NULL) NOT VALID;

ALTER TABLE public.users VALIDATE CONSTRAINT users_email_not_null_proof;

BEGIN;
ALTER TABLE public.users ALTER COLUMN email SET NOT NULL;
ALTER TABLE public.users DROP CONSTRAINT users_email_not_null_proof;
COMMIT;
