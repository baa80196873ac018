-- Contract: spot goes, location stays. Old code fails from here on; there is no way back.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step (dropping a foreign key also on the table it
-- refers to); indexes are dropped without blocking anybody.
-- First goes everything that could refuse a row without spot, then the trigger is disarmed (no table lock), then
-- trigger and column go in one transaction: in any other order an insert fails.

ALTER TABLE public.places
    ALTER COLUMN spot DROP NOT NULL;

CREATE OR REPLACE FUNCTION migrator.sync_20260901_places_spot_to_location() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    RETURN NEW;
END
$f$;

BEGIN;
DROP TRIGGER zz_migrator_20260901_places_spot_to_location_i ON public.places;
DROP TRIGGER zz_migrator_20260901_places_spot_to_location_u ON public.places;
ALTER TABLE public.places DROP COLUMN spot;
DROP FUNCTION migrator.sync_20260901_places_spot_to_location();
COMMIT;
