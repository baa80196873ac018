-- Migrate, after the backfill: the statistics of Lat and Lon are gathered.
-- Locks: SHARE UPDATE EXCLUSIVE; blocks no reader and no writer.
-- Old and new code both work.

ANALYZE "Geo"."Spots";

CREATE OR REPLACE FUNCTION migrator.sync_20260901_spots_split_place() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_spots_split_place' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW."Lat"::text IS NOT NULL OR NEW."Lon"::text IS NOT NULL THEN
            NEW."Place" := concat(NEW."Lat", ',', NEW."Lon");  -- written by new code
        ELSE
            NEW."Lat" := split_part(NEW."Place", ',', 1)::numeric;  -- written by old code
            NEW."Lon" := split_part(NEW."Place", ',', 2)::numeric;
        END IF;
    ELSIF OLD."Lat"::text IS DISTINCT FROM NEW."Lat"::text OR OLD."Lon"::text IS DISTINCT FROM NEW."Lon"::text THEN
        IF OLD."Lat"::text IS NULL AND OLD."Lon"::text IS NULL AND (OLD."Place" IS DISTINCT FROM CAST(concat(OLD."Lat", ',', OLD."Lon") AS text)) THEN
            NEW."Lat" := coalesce(NEW."Lat", split_part(OLD."Place", ',', 1)::numeric);
            NEW."Lon" := coalesce(NEW."Lon", split_part(OLD."Place", ',', 2)::numeric);
        END IF;  -- the backfill has not been here yet
        NEW."Place" := concat(NEW."Lat", ',', NEW."Lon");  -- new code wins when both changed
    ELSE
        NEW."Lat" := split_part(NEW."Place", ',', 1)::numeric;
        NEW."Lon" := split_part(NEW."Place", ',', 2)::numeric;
    END IF;
    RETURN NEW;
END
$f$;
