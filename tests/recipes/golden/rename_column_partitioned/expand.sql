-- Expand: public.events gets the column type beside kind; a trigger keeps the two equal.
-- Locks: ACCESS EXCLUSIVE on the table for some milliseconds, once; nothing is rewritten or scanned.
-- Old code goes on with kind and never sees a difference.
-- New code may write type; it may read it after the backfill, because older rows are still empty.
-- SELECT * returns one column more. One transaction, so that no row is ever written without the trigger.

BEGIN;
ALTER TABLE public.events ADD COLUMN type text;
CREATE FUNCTION migrator.sync_20260901_events_kind_to_type() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_events_kind_to_type' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.type IS NOT NULL THEN
            NEW.kind := NEW.type;  -- written by new code
        ELSE
            NEW.type := NEW.kind;  -- written by old code
        END IF;
    ELSIF OLD.type IS DISTINCT FROM NEW.type THEN
        NEW.kind := NEW.type;  -- new code wins when both changed
    ELSE
        NEW.type := NEW.kind;
    END IF;
    RETURN NEW;
END
$f$;
CREATE TRIGGER zz_migrator_20260901_events_kind_to_type_i BEFORE INSERT ON public.events
    FOR EACH ROW EXECUTE FUNCTION migrator.sync_20260901_events_kind_to_type();
CREATE TRIGGER zz_migrator_20260901_events_kind_to_type_u BEFORE UPDATE ON public.events
    FOR EACH ROW WHEN (OLD.kind IS DISTINCT FROM NEW.kind
                       OR OLD.type IS DISTINCT FROM NEW.type)
    EXECUTE FUNCTION migrator.sync_20260901_events_kind_to_type();
COMMIT;
