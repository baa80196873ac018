-- Expand: public.users gets the column company_id beside company; a trigger keeps the two equal.
-- Locks: ACCESS EXCLUSIVE on the table for some milliseconds, once; nothing is rewritten or scanned.
-- Old code goes on with company and never sees a difference.
-- New code may write company_id; it may read it after the backfill, because older rows are still empty.
-- SELECT * returns one column more. One transaction, so that no row is ever written without the trigger.
-- Until contract, an insert that says NULL for company_id gets the default of company.

BEGIN;
ALTER TABLE public.users ADD COLUMN company_id integer;
CREATE FUNCTION migrator.sync_20260901_users_company_to_company_id() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_users_company_to_company_id' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.company_id IS NOT NULL THEN
            NEW.company := NEW.company_id;  -- written by new code
        ELSE
            NEW.company_id := NEW.company;  -- written by old code
        END IF;
    ELSIF OLD.company_id IS DISTINCT FROM NEW.company_id THEN
        NEW.company := NEW.company_id;  -- new code wins when both changed
    ELSE
        NEW.company_id := NEW.company;
    END IF;
    RETURN NEW;
END
$f$;
CREATE TRIGGER zz_migrator_20260901_users_company_to_company_id_i BEFORE INSERT ON public.users
    FOR EACH ROW EXECUTE FUNCTION migrator.sync_20260901_users_company_to_company_id();
CREATE TRIGGER zz_migrator_20260901_users_company_to_company_id_u BEFORE UPDATE ON public.users
    FOR EACH ROW WHEN (OLD.company IS DISTINCT FROM NEW.company
                       OR OLD.company_id IS DISTINCT FROM NEW.company_id)
    EXECUTE FUNCTION migrator.sync_20260901_users_company_to_company_id();
COMMIT;
