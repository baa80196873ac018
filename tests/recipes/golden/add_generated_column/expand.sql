-- Expand: public.lines gets the column total; a trigger, which stays, gives it its value.
-- Locks: ACCESS EXCLUSIVE on the table for some milliseconds; nothing is rewritten or scanned. One transaction, so
-- that no row is ever written without the trigger.
-- Old code never sees a difference, but SELECT * returns one column more.
-- New code may read it after the backfill. What anybody writes to it is overwritten.

BEGIN;
ALTER TABLE public.lines ADD COLUMN total numeric(12,2);
CREATE FUNCTION public.lines_total_generated() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    NEW.total := NEW.price * NEW.amount;
    RETURN NEW;
END
$f$;
CREATE TRIGGER zz_generated_total_i BEFORE INSERT ON public.lines
    FOR EACH ROW EXECUTE FUNCTION public.lines_total_generated();
CREATE TRIGGER zz_generated_total_u BEFORE UPDATE ON public.lines
    FOR EACH ROW WHEN (
        OLD.price::text IS DISTINCT FROM NEW.price::text
        OR OLD.amount IS DISTINCT FROM NEW.amount
        OR OLD.total::text IS DISTINCT FROM NEW.total::text)
    EXECUTE FUNCTION public.lines_total_generated();
SET LOCAL search_path = pg_catalog, pg_temp;
-- Reads the expressions and computes nothing: one that fits no column stops here.
EXPLAIN UPDATE public.lines SET
    total = price * amount
WHERE false;
COMMIT;
