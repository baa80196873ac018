-- Abort, before contract: ééééééééééééééééééééééééééééééé and everything that was made for it go; the table is as
-- it was.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step; indexes go without blocking anybody.
-- Old code never notices. New code that names ééééééééééééééééééééééééééééééé fails: take it back first.

DROP INDEX CONCURRENTLY public.iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii_3572bbd5;

DROP INDEX CONCURRENTLY public.iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii_73a6b3d4;

ALTER TABLE public.ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt DROP CONSTRAINT tttttttttttttttttttttttttttt_aaaaaaaaaaaaaaaaaaaaaaaaa_a3761ee1;

BEGIN;
DROP TRIGGER zz_migrator_20260901_tttttttttttttttttttttttttttttttttttttttt_i ON public.ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt;
DROP TRIGGER zz_migrator_20260901_tttttttttttttttttttttttttttttttttttttttt_u ON public.ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt;
ALTER TABLE public.ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt DROP COLUMN "ééééééééééééééééééééééééééééééé";
DROP FUNCTION migrator.sync_20260901_tttttttttttttttttttttttttttttttttttttttt();
COMMIT;
