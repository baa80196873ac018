-- Expand: public.payments gets the column cents beside amount; a trigger translates each write to the other side.
-- Locks: ACCESS EXCLUSIVE on the table for some milliseconds, once; nothing is rewritten or scanned.
-- Old code goes on with amount and never sees a difference.
-- New code may write cents; it may read it after the backfill, because older rows are still empty.
-- SELECT * returns one column more. One transaction, so that no row is ever written without the trigger.
-- Until contract each write to cents must also fit integer: a value that does not fit makes the statement of new
-- code fail, and one with more digits than that is rounded for old code.

BEGIN;
ALTER TABLE public.payments ADD COLUMN cents bigint;
CREATE FUNCTION migrator.sync_20260901_payments_amount_to_cents() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_payments_amount_to_cents' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.cents IS NOT NULL THEN
            NEW.amount := NEW.cents;  -- written by new code
        ELSE
            NEW.cents := NEW.amount;  -- written by old code
        END IF;
    ELSIF OLD.cents IS DISTINCT FROM NEW.cents THEN
        NEW.amount := NEW.cents;  -- new code wins when both changed
    ELSE
        NEW.cents := NEW.amount;
    END IF;
    RETURN NEW;
END
$f$;
CREATE TRIGGER zz_migrator_20260901_payments_amount_to_cents_i BEFORE INSERT ON public.payments
    FOR EACH ROW EXECUTE FUNCTION migrator.sync_20260901_payments_amount_to_cents();
CREATE TRIGGER zz_migrator_20260901_payments_amount_to_cents_u BEFORE UPDATE ON public.payments
    FOR EACH ROW WHEN (OLD.amount IS DISTINCT FROM NEW.amount
                       OR OLD.cents IS DISTINCT FROM NEW.cents)
    EXECUTE FUNCTION migrator.sync_20260901_payments_amount_to_cents();
COMMIT;

EXPLAIN SELECT id, payments.cents::int AS amount, payments.cents::int % 7 AS rest, payer FROM public.payments;

EXPLAIN SELECT payer, sum(payments.cents::int) AS total, max(payments.cents::int) AS most FROM public.payments GROUP BY payer;
