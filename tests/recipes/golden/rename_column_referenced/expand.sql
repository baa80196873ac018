-- Expand: public.countries gets the column iso_code beside code; a trigger keeps the two equal.
-- Locks: ACCESS EXCLUSIVE on the table for some milliseconds, once; nothing is rewritten or scanned.
-- Old code goes on with code and never sees a difference.
-- New code may write iso_code; it may read it after the backfill, because older rows are still empty.
-- SELECT * returns one column more. One transaction, so that no row is ever written without the trigger.

BEGIN;
ALTER TABLE public.countries ADD COLUMN iso_code character(2);
CREATE FUNCTION migrator.sync_20260901_countries_code_to_iso_code() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_countries_code_to_iso_code' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.iso_code::text IS NOT NULL THEN
            NEW.code := NEW.iso_code;  -- written by new code
        ELSE
            NEW.iso_code := NEW.code;  -- written by old code
        END IF;
    ELSIF OLD.iso_code::text IS DISTINCT FROM NEW.iso_code::text THEN
        NEW.code := NEW.iso_code;  -- new code wins when both changed
    ELSE
        NEW.iso_code := NEW.code;
    END IF;
    RETURN NEW;
END
$f$;
CREATE TRIGGER zz_migrator_20260901_countries_code_to_iso_code_i BEFORE INSERT ON public.countries
    FOR EACH ROW EXECUTE FUNCTION migrator.sync_20260901_countries_code_to_iso_code();
CREATE TRIGGER zz_migrator_20260901_countries_code_to_iso_code_u BEFORE UPDATE ON public.countries
    FOR EACH ROW WHEN (OLD.code::text IS DISTINCT FROM NEW.code::text
                       OR OLD.iso_code::text IS DISTINCT FROM NEW.iso_code::text)
    EXECUTE FUNCTION migrator.sync_20260901_countries_code_to_iso_code();
COMMIT;
