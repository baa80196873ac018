-- Abort: email accepts NULL again. Values that the backfill wrote stay.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds.
-- No version of the application sees a difference.

ALTER TABLE public.users DROP CONSTRAINT users_email_not_null_proof;

ALTER TABLE public.users ALTER COLUMN email DROP NOT NULL;
