-- Expand: public.orders gets the column placed_at beside placed; a trigger translates each write to the other
-- side.
-- Locks: ACCESS EXCLUSIVE on the table for some milliseconds, once; nothing is rewritten or scanned.
-- Old code goes on with placed and never sees a difference.
-- New code may write placed_at; it may read it after the backfill, because older rows are still empty.
-- SELECT * returns one column more. One transaction, so that no row is ever written without the trigger.
-- Until contract each write to placed_at must also fit timestamp without time zone: a value that does not fit
-- makes the statement of new code fail, and one with more digits than that is rounded for old code.

BEGIN;
ALTER TABLE public.orders ADD COLUMN placed_at timestamp with time zone;
CREATE FUNCTION migrator.sync_20260901_orders_placed_to_placed_at() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_orders_placed_to_placed_at' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.placed_at IS NOT NULL THEN
            NEW.placed := NEW.placed_at AT TIME ZONE 'Europe/Berlin';  -- written by new code
        ELSE
            NEW.placed_at := NEW.placed AT TIME ZONE 'Europe/Berlin';  -- written by old code
        END IF;
    ELSIF OLD.placed_at IS DISTINCT FROM NEW.placed_at THEN
        NEW.placed := NEW.placed_at AT TIME ZONE 'Europe/Berlin';  -- new code wins when both changed
    ELSE
        NEW.placed_at := NEW.placed AT TIME ZONE 'Europe/Berlin';
    END IF;
    RETURN NEW;
END
$f$;
CREATE TRIGGER zz_migrator_20260901_orders_placed_to_placed_at_i BEFORE INSERT ON public.orders
    FOR EACH ROW EXECUTE FUNCTION migrator.sync_20260901_orders_placed_to_placed_at();
CREATE TRIGGER zz_migrator_20260901_orders_placed_to_placed_at_u BEFORE UPDATE ON public.orders
    FOR EACH ROW WHEN (OLD.placed IS DISTINCT FROM NEW.placed
                       OR OLD.placed_at IS DISTINCT FROM NEW.placed_at)
    EXECUTE FUNCTION migrator.sync_20260901_orders_placed_to_placed_at();
SET LOCAL search_path = pg_catalog, pg_temp;
-- Reads the expressions and computes nothing: one that fits no column stops here.
EXPLAIN UPDATE public.orders SET
    placed_at = placed AT TIME ZONE 'Europe/Berlin',
    placed = placed_at AT TIME ZONE 'Europe/Berlin'
WHERE false;
COMMIT;
