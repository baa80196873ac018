-- Abort, before contract: feeling and everything that was made for it go; the table is as it was.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step; indexes go without blocking anybody.
-- Old code never notices. New code that names feeling fails: take it back first.

DROP INDEX CONCURRENTLY public.people_feeling_idx;

ALTER TABLE public.people DROP CONSTRAINT people_feeling_check;

BEGIN;
DROP TRIGGER zz_migrator_20260901_people_mood_sad_to_blue_i ON public.people;
DROP TRIGGER zz_migrator_20260901_people_mood_sad_to_blue_u ON public.people;
ALTER TABLE public.people DROP COLUMN feeling;
DROP FUNCTION migrator.sync_20260901_people_mood_sad_to_blue();
COMMIT;

DROP TYPE public.mood_next;
