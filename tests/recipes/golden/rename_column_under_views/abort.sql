-- Abort, before contract: mail and everything that was made for it go; the table is as it was.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step; indexes go without blocking anybody.
-- Old code never notices. New code that names mail fails: take it back first.

BEGIN;
DROP TRIGGER zz_migrator_20260901_users_email_to_mail_i ON public.users;
DROP TRIGGER zz_migrator_20260901_users_email_to_mail_u ON public.users;
ALTER TABLE public.users DROP COLUMN mail;
DROP FUNCTION migrator.sync_20260901_users_email_to_mail();
COMMIT;
