-- Expand: public.places gets the column location beside spot; a trigger keeps the two equal.
-- Locks: ACCESS EXCLUSIVE on the table for some milliseconds, once; nothing is rewritten or scanned.
-- Old code goes on with spot and never sees a difference.
-- New code may write location; it may read it after the backfill, because older rows are still empty.
-- SELECT * returns one column more. One transaction, so that no row is ever written without the trigger.

BEGIN;
ALTER TABLE public.places ADD COLUMN location point;
CREATE FUNCTION migrator.sync_20260901_places_spot_to_location() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_places_spot_to_location' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.location::text IS NOT NULL THEN
            NEW.spot := NEW.location;  -- written by new code
        ELSE
            NEW.location := NEW.spot;  -- written by old code
        END IF;
    ELSIF OLD.location::text IS DISTINCT FROM NEW.location::text THEN
        NEW.spot := NEW.location;  -- new code wins when both changed
    ELSE
        NEW.location := NEW.spot;
    END IF;
    RETURN NEW;
END
$f$;
CREATE TRIGGER zz_migrator_20260901_places_spot_to_location_i BEFORE INSERT ON public.places
    FOR EACH ROW EXECUTE FUNCTION migrator.sync_20260901_places_spot_to_location();
CREATE TRIGGER zz_migrator_20260901_places_spot_to_location_u BEFORE UPDATE ON public.places
    FOR EACH ROW WHEN (OLD.spot::text IS DISTINCT FROM NEW.spot::text
                       OR OLD.location::text IS DISTINCT FROM NEW.location::text)
    EXECUTE FUNCTION migrator.sync_20260901_places_spot_to_location();
COMMIT;
