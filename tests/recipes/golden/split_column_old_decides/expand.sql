-- Expand: "Geo"."Spots" gets the columns Lat and Lon beside Place; a trigger translates each write to the other
-- side.
-- Locks: ACCESS EXCLUSIVE on the table for some milliseconds, once; nothing is rewritten or scanned.
-- Old code goes on with Place and never sees a difference.
-- New code may read Lat and Lon after the backfill, and write only after migrate: until then they follow Place,
-- and a write to them alone fails.
-- SELECT * returns two columns more. One transaction, so that no row is ever written without the trigger.
-- A write to Place is taken apart, a write to any of Lat, Lon puts Place together again. What one side cannot say
-- is lost when the other side is written, and only then.
-- An expression that fails makes the statement fail, for old code as well: it must have an answer for every value.

BEGIN;
ALTER TABLE "Geo"."Spots" ADD COLUMN "Lat" numeric(8,5);
ALTER TABLE "Geo"."Spots" ADD COLUMN "Lon" numeric(8,5);
CREATE FUNCTION migrator.sync_20260901_spots_split_place() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_spots_split_place' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF (NEW."Lat"::text IS NOT NULL OR NEW."Lon"::text IS NOT NULL) AND NEW."Place" IS NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'generated_always', MESSAGE = '"Geo"."Spots": Lat, Lon cannot be written yet, they follow Place',
                HINT = 'Write Place until migration 20260901_spots_split_place has migrated.';
        END IF;
    ELSIF (OLD."Lat"::text IS DISTINCT FROM NEW."Lat"::text OR OLD."Lon"::text IS DISTINCT FROM NEW."Lon"::text) AND OLD."Place" IS NOT DISTINCT FROM NEW."Place" THEN
        RAISE EXCEPTION USING ERRCODE = 'generated_always', MESSAGE = '"Geo"."Spots": Lat, Lon cannot be written yet, they follow Place',
            HINT = 'Write Place until migration 20260901_spots_split_place has migrated.';
    END IF;
    NEW."Lat" := split_part(NEW."Place", ',', 1)::numeric;  -- the old columns decide
    NEW."Lon" := split_part(NEW."Place", ',', 2)::numeric;
    RETURN NEW;
END
$f$;
CREATE TRIGGER zz_migrator_20260901_spots_split_place_i BEFORE INSERT ON "Geo"."Spots"
    FOR EACH ROW EXECUTE FUNCTION migrator.sync_20260901_spots_split_place();
CREATE TRIGGER zz_migrator_20260901_spots_split_place_u BEFORE UPDATE ON "Geo"."Spots"
    FOR EACH ROW WHEN (OLD."Place" IS DISTINCT FROM NEW."Place"
                       OR OLD."Lat"::text IS DISTINCT FROM NEW."Lat"::text
                       OR OLD."Lon"::text IS DISTINCT FROM NEW."Lon"::text)
    EXECUTE FUNCTION migrator.sync_20260901_spots_split_place();
SET LOCAL search_path = pg_catalog, pg_temp;
-- Reads the expressions and computes nothing: one that fits no column stops here.
EXPLAIN UPDATE "Geo"."Spots" SET
    "Lat" = split_part("Place", ',', 1)::numeric,
    "Lon" = split_part("Place", ',', 2)::numeric,
    "Place" = concat("Lat", ',', "Lon")
WHERE false;
COMMIT;
