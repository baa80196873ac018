-- Expand: public.tickets gets the column ticket beside number; a trigger keeps the two equal.
-- Locks: ACCESS EXCLUSIVE on the table for some milliseconds, once; nothing is rewritten or scanned.
-- Old code goes on with number and never sees a difference.
-- New code may write ticket; it may read it after the backfill, because older rows are still empty.
-- SELECT * returns one column more. One transaction, so that no row is ever written without the trigger.

BEGIN;
ALTER TABLE public.tickets ADD COLUMN ticket integer;
CREATE FUNCTION migrator.sync_20260901_tickets_number_to_ticket() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_tickets_number_to_ticket' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.ticket IS NOT NULL THEN
            NEW.number := NEW.ticket;  -- written by new code
        ELSE
            NEW.ticket := NEW.number;  -- written by old code
        END IF;
    ELSIF OLD.ticket IS DISTINCT FROM NEW.ticket THEN
        NEW.number := NEW.ticket;  -- new code wins when both changed
    ELSE
        NEW.ticket := NEW.number;
    END IF;
    RETURN NEW;
END
$f$;
CREATE TRIGGER zz_migrator_20260901_tickets_number_to_ticket_i BEFORE INSERT ON public.tickets
    FOR EACH ROW EXECUTE FUNCTION migrator.sync_20260901_tickets_number_to_ticket();
CREATE TRIGGER zz_migrator_20260901_tickets_number_to_ticket_u BEFORE UPDATE ON public.tickets
    FOR EACH ROW WHEN (OLD.number IS DISTINCT FROM NEW.number
                       OR OLD.ticket IS DISTINCT FROM NEW.ticket)
    EXECUTE FUNCTION migrator.sync_20260901_tickets_number_to_ticket();
COMMIT;
