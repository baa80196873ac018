-- Abort, before contract: Lat and Lon and everything that was made for them go; the table is as it was.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step; indexes go without blocking anybody.
-- Old code never notices. New code that names Lat and Lon fails: take it back first.

BEGIN;
DROP TRIGGER zz_migrator_20260901_spots_split_place_i ON "Geo"."Spots";
DROP TRIGGER zz_migrator_20260901_spots_split_place_u ON "Geo"."Spots";
ALTER TABLE "Geo"."Spots" DROP COLUMN "Lat", DROP COLUMN "Lon";
DROP FUNCTION migrator.sync_20260901_spots_split_place();
COMMIT;
