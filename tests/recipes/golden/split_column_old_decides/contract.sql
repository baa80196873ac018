-- Contract: Place goes, Lat and Lon stay. Old code fails from here on; there is no way back.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step (dropping a foreign key also on the table it
-- refers to); indexes are dropped without blocking anybody.
-- First goes everything that could refuse a row without Place, then the trigger is disarmed (no table lock), then
-- trigger and column go in one transaction: in any other order an insert fails.
-- While it runs Place only follows: what anybody still writes there is lost.
-- The indexes and constraints of Place go with it and are not copied: make those that new code needs before, with
-- migrator new create-index, add-check and set-not-null.

ALTER TABLE "Geo"."Spots"
    ALTER COLUMN "Place" DROP NOT NULL;

CREATE OR REPLACE FUNCTION migrator.sync_20260901_spots_split_place() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_spots_split_place' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    NEW."Place" := concat(NEW."Lat", ',', NEW."Lon");  -- the new columns decide
    RETURN NEW;
END
$f$;

CREATE OR REPLACE FUNCTION migrator.sync_20260901_spots_split_place() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    RETURN NEW;
END
$f$;

BEGIN;
DROP TRIGGER zz_migrator_20260901_spots_split_place_i ON "Geo"."Spots";
DROP TRIGGER zz_migrator_20260901_spots_split_place_u ON "Geo"."Spots";
ALTER TABLE "Geo"."Spots" DROP COLUMN "Place";
DROP FUNCTION migrator.sync_20260901_spots_split_place();
COMMIT;
