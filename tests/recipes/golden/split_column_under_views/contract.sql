-- Contract: full_name goes, first and last stay. Old code fails from here on; there is no way back.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step (dropping a foreign key also on the table it
-- refers to); indexes are dropped without blocking anybody.
-- First goes everything that could refuse a row without full_name, then the trigger is disarmed (no table lock),
-- then trigger and column go in one transaction: in any other order an insert fails.
-- While it runs full_name only follows: what anybody still writes there is lost.
-- Before that public.named is made again over first and last, with the same columns: ACCESS EXCLUSIVE on the view
-- alone, for milliseconds; owner, rights and views over it stay. Whoever changes a view before this runs must
-- change it here as well.
-- It computes the old value from the new one: a value that the old type cannot hold is cut, or makes a query of
-- the view fail. Give the readers a view of the new column in time.
-- The indexes and constraints of full_name go with it and are not copied: make those that new code needs before,
-- with migrator new create-index, add-check and set-not-null.

CREATE OR REPLACE VIEW public.named AS
SELECT DISTINCT id, concat_ws(' ', people.first, people.last)::text AS full_name, length(concat_ws(' ', people.first, people.last)::text) AS long, city FROM public.people;

CREATE OR REPLACE FUNCTION migrator.sync_20260901_people_split_full_name() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    RETURN NEW;
END
$f$;

BEGIN;
DROP TRIGGER zz_migrator_20260901_people_split_full_name_i ON public.people;
DROP TRIGGER zz_migrator_20260901_people_split_full_name_u ON public.people;
ALTER TABLE public.people DROP COLUMN full_name;
DROP FUNCTION migrator.sync_20260901_people_split_full_name();
COMMIT;
