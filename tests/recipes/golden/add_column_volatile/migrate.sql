-- Migrate, after the backfill: token becomes NOT NULL; a CHECK proves it without a locked scan.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds; the validation blocks no reader and no writer.
-- Old code gives token its default; new code must not write NULL.

ALTER TABLE public.users ADD CONSTRAINT users_token_not_null_proof CHECK (token IS NOT NULL) NOT VALID;

ALTER TABLE public.users VALIDATE CONSTRAINT users_token_not_null_proof;

BEGIN;
ALTER TABLE public.users ALTER COLUMN token SET NOT NULL;
ALTER TABLE public.users DROP CONSTRAINT users_token_not_null_proof;
COMMIT;
