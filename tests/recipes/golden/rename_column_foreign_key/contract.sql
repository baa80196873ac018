-- Contract: company goes, company_id stays. Old code fails from here on; there is no way back.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step (dropping a foreign key also on the table it
-- refers to); indexes are dropped without blocking anybody.
-- First goes everything that could refuse a row without company, then the trigger is disarmed (no table lock),
-- then trigger and column go in one transaction: in any other order an insert fails.

ALTER TABLE public.users
    ALTER COLUMN company_id SET DEFAULT 1,
    ALTER COLUMN company DROP DEFAULT;

ALTER TABLE public.users DROP CONSTRAINT users_company_fkey;

ALTER TABLE public.users DROP CONSTRAINT same;

DROP INDEX CONCURRENTLY public.users_company_idx;

CREATE OR REPLACE FUNCTION migrator.sync_20260901_users_company_to_company_id() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    RETURN NEW;
END
$f$;

BEGIN;
DROP TRIGGER zz_migrator_20260901_users_company_to_company_id_i ON public.users;
DROP TRIGGER zz_migrator_20260901_users_company_to_company_id_u ON public.users;
ALTER TABLE public.users DROP COLUMN company;
DROP FUNCTION migrator.sync_20260901_users_company_to_company_id();
COMMIT;
