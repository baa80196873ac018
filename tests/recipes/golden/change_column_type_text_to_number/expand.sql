-- Expand: public.orders gets the column price beside amount; a trigger translates each write to the other side.
-- Locks: ACCESS EXCLUSIVE on the table for some milliseconds, once; nothing is rewritten or scanned.
-- Old code goes on with amount and never sees a difference.
-- New code may write price; it may read it after the backfill, because older rows are still empty.
-- SELECT * returns one column more. One transaction, so that no row is ever written without the trigger.
-- Each write to amount is translated by --up and each write to price by --down.
-- An expression that fails makes the statement fail, for old code as well: it must have an answer for every value.

BEGIN;
ALTER TABLE public.orders ADD COLUMN price numeric(12,2);
CREATE FUNCTION migrator.sync_20260901_orders_amount_to_price() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_orders_amount_to_price' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.price::text IS NOT NULL THEN
            NEW.amount := NEW.price::text;  -- written by new code
        ELSE
            NEW.price := CASE WHEN NEW.amount ~ '^[0-9]+([.][0-9]+)?$' THEN NEW.amount::numeric END;  -- written by old code
        END IF;
    ELSIF OLD.price::text IS DISTINCT FROM NEW.price::text THEN
        NEW.amount := NEW.price::text;  -- new code wins when both changed
    ELSE
        NEW.price := CASE WHEN NEW.amount ~ '^[0-9]+([.][0-9]+)?$' THEN NEW.amount::numeric END;
    END IF;
    RETURN NEW;
END
$f$;
CREATE TRIGGER zz_migrator_20260901_orders_amount_to_price_i BEFORE INSERT ON public.orders
    FOR EACH ROW EXECUTE FUNCTION migrator.sync_20260901_orders_amount_to_price();
CREATE TRIGGER zz_migrator_20260901_orders_amount_to_price_u BEFORE UPDATE ON public.orders
    FOR EACH ROW WHEN (OLD.amount IS DISTINCT FROM NEW.amount
                       OR OLD.price::text IS DISTINCT FROM NEW.price::text)
    EXECUTE FUNCTION migrator.sync_20260901_orders_amount_to_price();
SET LOCAL search_path = pg_catalog, pg_temp;
-- Reads the expressions and computes nothing: one that fits no column stops here.
EXPLAIN UPDATE public.orders SET
    price = CASE WHEN amount ~ '^[0-9]+([.][0-9]+)?$' THEN amount::numeric END,
    amount = price::text
WHERE false;
COMMIT;
