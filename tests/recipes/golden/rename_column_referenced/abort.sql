-- Abort, before contract: iso_code and everything that was made for it go; the table is as it was.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step; indexes go without blocking anybody.
-- Old code never notices. New code that names iso_code fails: take it back first.

ALTER TABLE public.countries DROP CONSTRAINT countries_parent_fkey_iso_code;

ALTER TABLE public.cities DROP CONSTRAINT cities_country_fkey_iso_code;

ALTER TABLE public.countries DROP CONSTRAINT countries_iso_code_key;

BEGIN;
DROP TRIGGER zz_migrator_20260901_countries_code_to_iso_code_i ON public.countries;
DROP TRIGGER zz_migrator_20260901_countries_code_to_iso_code_u ON public.countries;
ALTER TABLE public.countries DROP COLUMN iso_code;
DROP FUNCTION migrator.sync_20260901_countries_code_to_iso_code();
COMMIT;
