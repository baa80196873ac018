-- Abort, before contract: full_name and everything that was made for it go; the table is as it was.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step; indexes go without blocking anybody.
-- Old code never notices. New code that names full_name fails: take it back first.

BEGIN;
DROP TRIGGER zz_migrator_20260901_people_merge_full_name_i ON public.people;
DROP TRIGGER zz_migrator_20260901_people_merge_full_name_u ON public.people;
ALTER TABLE public.people DROP COLUMN full_name;
DROP FUNCTION migrator.sync_20260901_people_merge_full_name();
COMMIT;
