-- Migrate, after the backfill: location gets the indexes and constraints of spot.
-- Locks: index builds and validations take SHARE UPDATE EXCLUSIVE and block no reader and no writer; adding a
-- constraint takes ACCESS EXCLUSIVE (a foreign key SHARE ROW EXCLUSIVE, on both tables) for milliseconds.
-- Old and new code both work. New code may say ON CONFLICT (location) only after this phase.

ALTER TABLE public.places ADD CONSTRAINT places_location_not_null_proof CHECK (location IS NOT NULL) NOT VALID;

ALTER TABLE public.places VALIDATE CONSTRAINT places_location_not_null_proof;

BEGIN;
ALTER TABLE public.places ALTER COLUMN location SET NOT NULL;
ALTER TABLE public.places DROP CONSTRAINT places_location_not_null_proof;
COMMIT;

ANALYZE public.places;
