-- Contract: code goes, iso_code stays. Old code fails from here on; there is no way back.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step (dropping a foreign key also on the table it
-- refers to); indexes are dropped without blocking anybody.
-- First goes everything that could refuse a row without code, then the trigger is disarmed (no table lock), then
-- trigger and column go in one transaction: in any other order an insert fails.

ALTER TABLE public.countries
    ALTER COLUMN code DROP NOT NULL;

ALTER TABLE public.countries DROP CONSTRAINT countries_parent_fkey;

ALTER TABLE public.cities DROP CONSTRAINT cities_country_fkey;

ALTER TABLE public.countries DROP CONSTRAINT countries_code_key;

CREATE OR REPLACE FUNCTION migrator.sync_20260901_countries_code_to_iso_code() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    RETURN NEW;
END
$f$;

BEGIN;
DROP TRIGGER zz_migrator_20260901_countries_code_to_iso_code_i ON public.countries;
DROP TRIGGER zz_migrator_20260901_countries_code_to_iso_code_u ON public.countries;
ALTER TABLE public.countries DROP COLUMN code;
DROP FUNCTION migrator.sync_20260901_countries_code_to_iso_code();
COMMIT;
