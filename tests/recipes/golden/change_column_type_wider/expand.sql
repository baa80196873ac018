-- Expand: public.orders gets the column amount_ordered beside quantity; a trigger translates each write to the
-- other side.
-- Locks: ACCESS EXCLUSIVE on the table for some milliseconds, once; nothing is rewritten or scanned.
-- Old code goes on with quantity and never sees a difference.
-- New code may write amount_ordered; it may read it after the backfill, because older rows are still empty.
-- SELECT * returns one column more. One transaction, so that no row is ever written without the trigger.
-- Until contract each write to amount_ordered must also fit integer: a value that does not fit makes the statement
-- of new code fail, and one with more digits than that is rounded for old code.

SELECT amount_ordered > 0 FROM public.orders, (SELECT NULL::bigint AS amount_ordered) AS new_row LIMIT 0;

SELECT amount_ordered > 100 FROM public.orders, (SELECT NULL::bigint AS amount_ordered) AS new_row LIMIT 0;

BEGIN;
ALTER TABLE public.orders ADD COLUMN amount_ordered bigint;
CREATE FUNCTION migrator.sync_20260901_orders_quantity_to_amount_ordered() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_orders_quantity_to_amount_ordered' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.amount_ordered IS NOT NULL THEN
            NEW.quantity := NEW.amount_ordered;  -- written by new code
        ELSE
            NEW.amount_ordered := NEW.quantity;  -- written by old code
        END IF;
    ELSIF OLD.amount_ordered IS DISTINCT FROM NEW.amount_ordered THEN
        NEW.quantity := NEW.amount_ordered;  -- new code wins when both changed
    ELSE
        NEW.amount_ordered := NEW.quantity;
    END IF;
    RETURN NEW;
END
$f$;
CREATE TRIGGER zz_migrator_20260901_orders_quantity_to_amount_ordered_i BEFORE INSERT ON public.orders
    FOR EACH ROW EXECUTE FUNCTION migrator.sync_20260901_orders_quantity_to_amount_ordered();
CREATE TRIGGER zz_migrator_20260901_orders_quantity_to_amount_ordered_u BEFORE UPDATE ON public.orders
    FOR EACH ROW WHEN (OLD.quantity IS DISTINCT FROM NEW.quantity
                       OR OLD.amount_ordered IS DISTINCT FROM NEW.amount_ordered)
    EXECUTE FUNCTION migrator.sync_20260901_orders_quantity_to_amount_ordered();
COMMIT;
