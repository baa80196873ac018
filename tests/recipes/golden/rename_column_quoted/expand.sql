-- Expand: "My App"."The Users" gets the column Mail Address beside E-Mail; a trigger keeps the two equal.
-- Locks: ACCESS EXCLUSIVE on the table for some milliseconds, once; nothing is rewritten or scanned.
-- Old code goes on with E-Mail and never sees a difference.
-- New code may write Mail Address; it may read it after the backfill, because older rows are still empty.
-- SELECT * returns one column more. One transaction, so that no row is ever written without the trigger.

BEGIN;
ALTER TABLE "My App"."The Users" ADD COLUMN "Mail Address" text COLLATE "C";
CREATE FUNCTION migrator.sync_20260901_the_users_e_mail_to_mail_address() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_the_users_e_mail_to_mail_address' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW."Mail Address" IS NOT NULL THEN
            NEW."E-Mail" := NEW."Mail Address";  -- written by new code
        ELSE
            NEW."Mail Address" := NEW."E-Mail";  -- written by old code
        END IF;
    ELSIF OLD."Mail Address" COLLATE pg_catalog."C" IS DISTINCT FROM NEW."Mail Address" COLLATE pg_catalog."C" THEN
        NEW."E-Mail" := NEW."Mail Address";  -- new code wins when both changed
    ELSE
        NEW."Mail Address" := NEW."E-Mail";
    END IF;
    RETURN NEW;
END
$f$;
CREATE TRIGGER zz_migrator_20260901_the_users_e_mail_to_mail_address_i BEFORE INSERT ON "My App"."The Users"
    FOR EACH ROW EXECUTE FUNCTION migrator.sync_20260901_the_users_e_mail_to_mail_address();
CREATE TRIGGER zz_migrator_20260901_the_users_e_mail_to_mail_address_u BEFORE UPDATE ON "My App"."The Users"
    FOR EACH ROW WHEN (OLD."E-Mail" COLLATE pg_catalog."C" IS DISTINCT FROM NEW."E-Mail" COLLATE pg_catalog."C"
                       OR OLD."Mail Address" COLLATE pg_catalog."C" IS DISTINCT FROM NEW."Mail Address" COLLATE pg_catalog."C")
    EXECUTE FUNCTION migrator.sync_20260901_the_users_e_mail_to_mail_address();
COMMIT;
