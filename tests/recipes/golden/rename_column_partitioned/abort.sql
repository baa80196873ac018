-- Abort, before contract: type and everything that was made for it go; the table is as it was.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step; its partitions are locked with it, and their
-- indexes go with those of the table.
-- Old code never notices. New code that names type fails: take it back first.

ALTER TABLE public.events DROP CONSTRAINT events_type_check;

BEGIN;
DROP TRIGGER zz_migrator_20260901_events_kind_to_type_i ON public.events;
DROP TRIGGER zz_migrator_20260901_events_kind_to_type_u ON public.events;
ALTER TABLE public.events DROP COLUMN type;
DROP FUNCTION migrator.sync_20260901_events_kind_to_type();
COMMIT;
