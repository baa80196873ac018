-- Contract: first and last go, full_name stays. Old code fails from here on; there is no way back.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step (dropping a foreign key also on the table it
-- refers to); indexes are dropped without blocking anybody.
-- First goes everything that could refuse a row without first and last, then the trigger is disarmed (no table
-- lock), then trigger and columns go in one transaction: in any other order an insert fails.
-- While it runs first and last only follow: what anybody still writes there is lost.
-- The indexes and constraints of first, last go with it and are not copied: make those that new code needs before,
-- with migrator new create-index, add-check and set-not-null.

ALTER TABLE public.people
    ALTER COLUMN first DROP NOT NULL,
    ALTER COLUMN last DROP DEFAULT,
    ALTER COLUMN last DROP NOT NULL,
    DROP CONSTRAINT people_check;

CREATE OR REPLACE FUNCTION migrator.sync_20260901_people_merge_full_name() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_people_merge_full_name' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    NEW.first := split_part(NEW.full_name, ' ', 1);  -- the new columns decide
    NEW.last := substr(NEW.full_name, length(split_part(NEW.full_name, ' ', 1)) + 2);
    RETURN NEW;
END
$f$;

DROP INDEX CONCURRENTLY public.people_last_first_idx;

CREATE OR REPLACE FUNCTION migrator.sync_20260901_people_merge_full_name() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    RETURN NEW;
END
$f$;

BEGIN;
DROP TRIGGER zz_migrator_20260901_people_merge_full_name_i ON public.people;
DROP TRIGGER zz_migrator_20260901_people_merge_full_name_u ON public.people;
ALTER TABLE public.people DROP COLUMN first, DROP COLUMN last;
DROP FUNCTION migrator.sync_20260901_people_merge_full_name();
COMMIT;
