-- Expand: public.users gets the column mail beside email; a trigger keeps the two equal.
-- Locks: ACCESS EXCLUSIVE on the table for some milliseconds, once; nothing is rewritten or scanned.
-- Old code goes on with email and never sees a difference.
-- New code may write mail; it may read it after the backfill, because older rows are still empty.
-- SELECT * returns one column more. One transaction, so that no row is ever written without the trigger.

BEGIN;
ALTER TABLE public.users ADD COLUMN mail text;
CREATE FUNCTION migrator.sync_20260901_users_email_to_mail() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_users_email_to_mail' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.mail IS NOT NULL THEN
            NEW.email := NEW.mail;  -- written by new code
        ELSE
            NEW.mail := NEW.email;  -- written by old code
        END IF;
    ELSIF OLD.mail IS DISTINCT FROM NEW.mail THEN
        NEW.email := NEW.mail;  -- new code wins when both changed
    ELSE
        NEW.mail := NEW.email;
    END IF;
    RETURN NEW;
END
$f$;
CREATE TRIGGER zz_migrator_20260901_users_email_to_mail_i BEFORE INSERT ON public.users
    FOR EACH ROW EXECUTE FUNCTION migrator.sync_20260901_users_email_to_mail();
CREATE TRIGGER zz_migrator_20260901_users_email_to_mail_u BEFORE UPDATE ON public.users
    FOR EACH ROW WHEN (OLD.email IS DISTINCT FROM NEW.email
                       OR OLD.mail IS DISTINCT FROM NEW.mail)
    EXECUTE FUNCTION migrator.sync_20260901_users_email_to_mail();
COMMIT;

EXPLAIN SELECT u.id, u.mail AS email, o.email AS other FROM public.users u LEFT JOIN LATERAL (SELECT x.mail AS email FROM public.users x WHERE x.id = u.id AND x.mail = u.mail) o ON true;

EXPLAIN SELECT id, users.mail AS email, name FROM public.users WHERE users.mail <> '';
