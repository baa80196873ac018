-- Contract: mood goes, feeling stays. Old code fails from here on; there is no way back.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step (dropping a foreign key also on the table it
-- refers to); indexes are dropped without blocking anybody.
-- First goes everything that could refuse a row without mood, then the trigger is disarmed (no table lock), then
-- trigger and column go in one transaction: in any other order an insert fails.
-- While it runs mood only follows: what anybody still writes there is lost.
-- The type public.mood stays, because these use it: public.pets.mood. Change them as well.

ALTER TABLE public.people
    ALTER COLUMN feeling SET DEFAULT 'sad'::public.mood_next,
    ALTER COLUMN mood DROP DEFAULT,
    ALTER COLUMN mood DROP NOT NULL,
    DROP CONSTRAINT people_mood_check;

CREATE OR REPLACE FUNCTION migrator.sync_20260901_people_mood_without_happy() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_people_mood_without_happy' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    NEW.mood := NEW.feeling::text::public.mood;  -- the new columns decide
    RETURN NEW;
END
$f$;

DROP INDEX CONCURRENTLY public.people_mood_idx;

CREATE OR REPLACE FUNCTION migrator.sync_20260901_people_mood_without_happy() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    RETURN NEW;
END
$f$;

BEGIN;
DROP TRIGGER zz_migrator_20260901_people_mood_without_happy_i ON public.people;
DROP TRIGGER zz_migrator_20260901_people_mood_without_happy_u ON public.people;
ALTER TABLE public.people DROP COLUMN mood;
DROP FUNCTION migrator.sync_20260901_people_mood_without_happy();
COMMIT;
