-- Migrate, after the backfill: iso_code gets the indexes and constraints of code.
-- Locks: index builds and validations take SHARE UPDATE EXCLUSIVE and block no reader and no writer; adding a
-- constraint takes ACCESS EXCLUSIVE (a foreign key SHARE ROW EXCLUSIVE, on both tables) for milliseconds.
-- Old and new code both work. New code may say ON CONFLICT (iso_code) only after this phase.
-- The foreign keys of public.countries, public.cities that refer to code get a twin that refers to iso_code.

CREATE UNIQUE INDEX CONCURRENTLY countries_iso_code_key ON public.countries USING btree (iso_code);

ALTER TABLE public.countries ADD CONSTRAINT countries_iso_code_key UNIQUE USING INDEX countries_iso_code_key;

ALTER TABLE public.countries ADD CONSTRAINT countries_iso_code_not_null_proof CHECK (iso_code IS NOT NULL) NOT VALID;

ALTER TABLE public.countries VALIDATE CONSTRAINT countries_iso_code_not_null_proof;

BEGIN;
ALTER TABLE public.countries ALTER COLUMN iso_code SET NOT NULL;
ALTER TABLE public.countries DROP CONSTRAINT countries_iso_code_not_null_proof;
COMMIT;

ALTER TABLE public.countries ADD CONSTRAINT countries_parent_fkey_iso_code FOREIGN KEY (parent) REFERENCES public.countries (iso_code) NOT VALID;

ALTER TABLE public.countries VALIDATE CONSTRAINT countries_parent_fkey_iso_code;

ALTER TABLE public.cities ADD CONSTRAINT cities_country_fkey_iso_code FOREIGN KEY (country) REFERENCES public.countries (iso_code) ON UPDATE CASCADE ON DELETE SET NULL NOT VALID;

ALTER TABLE public.cities VALIDATE CONSTRAINT cities_country_fkey_iso_code;

ANALYZE public.countries;
