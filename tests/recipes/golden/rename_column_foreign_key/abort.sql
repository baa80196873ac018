-- Abort, before contract: company_id and everything that was made for it go; the table is as it was.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step; indexes go without blocking anybody.
-- Old code never notices. New code that names company_id fails: take it back first.

DROP INDEX CONCURRENTLY public.users_company_id_idx;

ALTER TABLE public.users DROP CONSTRAINT users_company_id_fkey;

ALTER TABLE public.users DROP CONSTRAINT same_company_id;

BEGIN;
DROP TRIGGER zz_migrator_20260901_users_company_to_company_id_i ON public.users;
DROP TRIGGER zz_migrator_20260901_users_company_to_company_id_u ON public.users;
ALTER TABLE public.users DROP COLUMN company_id;
DROP FUNCTION migrator.sync_20260901_users_company_to_company_id();
COMMIT;
