-- Migrate, after the backfill: mail gets the indexes and constraints of email.
-- Locks: index builds and validations take SHARE UPDATE EXCLUSIVE and block no reader and no writer; adding a
-- constraint takes ACCESS EXCLUSIVE (a foreign key SHARE ROW EXCLUSIVE, on both tables) for milliseconds.
-- Old and new code both work. New code may say ON CONFLICT (mail) only after this phase.

ALTER TABLE public.users ADD CONSTRAINT users_mail_not_null_proof CHECK (mail IS NOT NULL) NOT VALID;

ALTER TABLE public.users VALIDATE CONSTRAINT users_mail_not_null_proof;

BEGIN;
ALTER TABLE public.users ALTER COLUMN mail SET NOT NULL;
ALTER TABLE public.users DROP CONSTRAINT users_mail_not_null_proof;
COMMIT;

ANALYZE public.users;
