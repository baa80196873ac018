-- Abort, before contract: first and last and everything that was made for them go; the table is as it was.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step; indexes go without blocking anybody.
-- Old code never notices. New code that names first and last fails: take it back first.

BEGIN;
DROP TRIGGER zz_migrator_20260901_people_split_full_name_i ON public.people;
DROP TRIGGER zz_migrator_20260901_people_split_full_name_u ON public.people;
ALTER TABLE public.people DROP COLUMN first, DROP COLUMN last;
DROP FUNCTION migrator.sync_20260901_people_split_full_name();
COMMIT;
