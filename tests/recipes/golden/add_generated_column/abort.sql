-- Abort: total goes with its trigger; the table is as it was.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds.
-- Old code never notices. New code that names total fails: take it back first.

BEGIN;
DROP TRIGGER zz_generated_total_i ON public.lines;
DROP TRIGGER zz_generated_total_u ON public.lines;
ALTER TABLE public.lines DROP COLUMN total;
DROP FUNCTION public.lines_total_generated();
COMMIT;
