-- Contract: full_name goes, first and last stay. Old code fails from here on; there is no way back.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step (dropping a foreign key also on the table it
-- refers to); indexes are dropped without blocking anybody.
-- First goes everything that could refuse a row without full_name, then the trigger is disarmed (no table lock),
-- then trigger and column go in one transaction: in any other order an insert fails.
-- While it runs full_name only follows: what anybody still writes there is lost.
-- The indexes and constraints of full_name go with it and are not copied: make those that new code needs before,
-- with migrator new create-index, add-check and set-not-null.

CREATE OR REPLACE FUNCTION migrator.sync_20260901_people_split_full_name() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_people_split_full_name' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    NEW.full_name := concat_ws(' ', NEW.first, NEW.last);  -- the new columns decide
    RETURN NEW;
END
$f$;

DROP INDEX CONCURRENTLY public.people_city_name_idx;

DROP INDEX CONCURRENTLY public.people_full_name_idx;

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
