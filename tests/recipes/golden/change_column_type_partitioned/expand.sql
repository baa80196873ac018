-- Expand: app.log gets the column bytes beside size; a trigger translates each write to the other side.
-- Locks: ACCESS EXCLUSIVE on the table for some milliseconds, once; nothing is rewritten or scanned.
-- Old code goes on with size and never sees a difference.
-- New code may write bytes; it may read it after the backfill, because older rows are still empty.
-- SELECT * returns one column more. One transaction, so that no row is ever written without the trigger.
-- Until contract each write to bytes must also fit integer: a value that does not fit makes the statement of new
-- code fail, and one with more digits than that is rounded for old code.

SELECT bytes > 0 FROM app.log, (SELECT NULL::bigint AS bytes) AS new_row LIMIT 0;

SELECT bytes > 5 FROM app.log, (SELECT NULL::bigint AS bytes) AS new_row LIMIT 0;

BEGIN;
ALTER TABLE app.log ADD COLUMN bytes bigint;
CREATE FUNCTION migrator.sync_20260901_log_size_to_bytes() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_log_size_to_bytes' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.bytes IS NOT NULL THEN
            NEW.size := NEW.bytes;  -- written by new code
        ELSE
            NEW.bytes := NEW.size;  -- written by old code
        END IF;
    ELSIF OLD.bytes IS DISTINCT FROM NEW.bytes THEN
        NEW.size := NEW.bytes;  -- new code wins when both changed
    ELSE
        NEW.bytes := NEW.size;
    END IF;
    RETURN NEW;
END
$f$;
CREATE TRIGGER zz_migrator_20260901_log_size_to_bytes_i BEFORE INSERT ON app.log
    FOR EACH ROW EXECUTE FUNCTION migrator.sync_20260901_log_size_to_bytes();
CREATE TRIGGER zz_migrator_20260901_log_size_to_bytes_u BEFORE UPDATE ON app.log
    FOR EACH ROW WHEN (OLD.size IS DISTINCT FROM NEW.size
                       OR OLD.bytes IS DISTINCT FROM NEW.bytes)
    EXECUTE FUNCTION migrator.sync_20260901_log_size_to_bytes();
COMMIT;
