-- Abort, before contract: feeling and everything that was made for it go; the table is as it was.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step; its partitions are locked with it, and their
-- indexes go with those of the table.
-- Old code never notices. New code that names feeling fails: take it back first.

ALTER TABLE public.diary DROP CONSTRAINT diary_feeling_check;

BEGIN;
DROP TRIGGER zz_migrator_20260901_diary_mood_without_happy_i ON public.diary;
DROP TRIGGER zz_migrator_20260901_diary_mood_without_happy_u ON public.diary;
ALTER TABLE public.diary DROP COLUMN feeling;
DROP FUNCTION migrator.sync_20260901_diary_mood_without_happy();
COMMIT;

DROP TYPE public.mood_next;
