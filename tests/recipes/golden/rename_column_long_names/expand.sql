-- Expand: public.ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt gets the column
-- ééééééééééééééééééééééééééééééé beside aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; a
-- trigger keeps the two equal.
-- Locks: ACCESS EXCLUSIVE on the table for some milliseconds, once; nothing is rewritten or scanned.
-- Old code goes on with aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa and never sees a
-- difference.
-- New code may write ééééééééééééééééééééééééééééééé; it may read it after the backfill, because older rows are
-- still empty.
-- SELECT * returns one column more. One transaction, so that no row is ever written without the trigger.

BEGIN;
ALTER TABLE public.ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt ADD COLUMN "ééééééééééééééééééééééééééééééé" integer;
CREATE FUNCTION migrator.sync_20260901_tttttttttttttttttttttttttttttttttttttttt() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_tttttttttttttttttttttttttttttttttttttttt' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW."ééééééééééééééééééééééééééééééé" IS NOT NULL THEN
            NEW.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa := NEW."ééééééééééééééééééééééééééééééé";  -- written by new code
        ELSE
            NEW."ééééééééééééééééééééééééééééééé" := NEW.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;  -- written by old code
        END IF;
    ELSIF OLD."ééééééééééééééééééééééééééééééé" IS DISTINCT FROM NEW."ééééééééééééééééééééééééééééééé" THEN
        NEW.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa := NEW."ééééééééééééééééééééééééééééééé";  -- new code wins when both changed
    ELSE
        NEW."ééééééééééééééééééééééééééééééé" := NEW.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;
    END IF;
    RETURN NEW;
END
$f$;
CREATE TRIGGER zz_migrator_20260901_tttttttttttttttttttttttttttttttttttttttt_i BEFORE INSERT ON public.ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt
    FOR EACH ROW EXECUTE FUNCTION migrator.sync_20260901_tttttttttttttttttttttttttttttttttttttttt();
CREATE TRIGGER zz_migrator_20260901_tttttttttttttttttttttttttttttttttttttttt_u BEFORE UPDATE ON public.ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt
    FOR EACH ROW WHEN (OLD.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa IS DISTINCT FROM NEW.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
                       OR OLD."ééééééééééééééééééééééééééééééé" IS DISTINCT FROM NEW."ééééééééééééééééééééééééééééééé")
    EXECUTE FUNCTION migrator.sync_20260901_tttttttttttttttttttttttttttttttttttttttt();
COMMIT;
