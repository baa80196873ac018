-- Contract: kind goes, type stays. Old code fails from here on; there is no way back.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step (dropping a foreign key also on the table it
-- refers to); its partitions are locked with it, and their indexes go with those of the table.
-- First goes everything that could refuse a row without kind, then the trigger is disarmed (no table lock), then
-- trigger and column go in one transaction: in any other order an insert fails.

ALTER TABLE public.events
    ALTER COLUMN type SET DEFAULT 'none'::text,
    ALTER COLUMN kind DROP DEFAULT,
    ALTER COLUMN kind DROP NOT NULL,
    DROP CONSTRAINT events_kind_check;

DROP INDEX public.events_kind_idx;

CREATE OR REPLACE FUNCTION migrator.sync_20260901_events_kind_to_type() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    RETURN NEW;
END
$f$;

BEGIN;
DROP TRIGGER zz_migrator_20260901_events_kind_to_type_i ON public.events;
DROP TRIGGER zz_migrator_20260901_events_kind_to_type_u ON public.events;
ALTER TABLE public.events DROP COLUMN kind;
DROP FUNCTION migrator.sync_20260901_events_kind_to_type();
COMMIT;
