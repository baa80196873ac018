-- Abort, before contract: location and everything that was made for it go; the table is as it was.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step; indexes go without blocking anybody.
-- Old code never notices. New code that names location fails: take it back first.

BEGIN;
DROP TRIGGER zz_migrator_20260901_places_spot_to_location_i ON public.places;
DROP TRIGGER zz_migrator_20260901_places_spot_to_location_u ON public.places;
ALTER TABLE public.places DROP COLUMN location;
DROP FUNCTION migrator.sync_20260901_places_spot_to_location();
COMMIT;
