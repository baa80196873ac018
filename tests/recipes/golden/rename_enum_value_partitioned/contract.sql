-- Contract: mood goes, feeling stays. Old code fails from here on; there is no way back.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step (dropping a foreign key also on the table it
-- refers to); its partitions are locked with it, and their indexes go with those of the table.
-- First goes everything that could refuse a row without mood, then the trigger is disarmed (no table lock), then
-- trigger and column go in one transaction: in any other order an insert fails.
-- While it runs mood only follows: what anybody still writes there is lost.
-- At last the old type goes and public.mood_next gets its name, but not its comment and rights: give it those
-- again. A function that names the old one stops it.

ALTER TABLE public.diary
    ALTER COLUMN feeling SET DEFAULT 'blue'::public.mood_next,
    ALTER COLUMN mood DROP DEFAULT,
    ALTER COLUMN mood DROP NOT NULL,
    DROP CONSTRAINT diary_mood_check;

CREATE OR REPLACE FUNCTION migrator.sync_20260901_diary_mood_sad_to_blue() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_diary_mood_sad_to_blue' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    NEW.mood := CASE NEW.feeling::text WHEN 'blue' THEN 'sad' ELSE NEW.feeling::text END::public.mood;  -- the new columns decide
    RETURN NEW;
END
$f$;

DROP INDEX public.diary_mood_idx;

CREATE OR REPLACE FUNCTION migrator.sync_20260901_diary_mood_sad_to_blue() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    RETURN NEW;
END
$f$;

BEGIN;
DROP TRIGGER zz_migrator_20260901_diary_mood_sad_to_blue_i ON public.diary;
DROP TRIGGER zz_migrator_20260901_diary_mood_sad_to_blue_u ON public.diary;
ALTER TABLE public.diary DROP COLUMN mood;
DROP FUNCTION migrator.sync_20260901_diary_mood_sad_to_blue();
COMMIT;

BEGIN;
DROP TYPE public.mood;
ALTER TYPE public.mood_next RENAME TO mood;
COMMIT;
