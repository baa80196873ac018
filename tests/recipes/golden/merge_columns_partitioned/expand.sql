-- Expand: app.log gets the column name beside first and last; a trigger translates each write to the other side.
-- Locks: ACCESS EXCLUSIVE on the table for some milliseconds, once; nothing is rewritten or scanned.
-- Old code goes on with first and last and never sees a difference.
-- New code may write name; it may read it after the backfill, because older rows are still empty.
-- SELECT * returns one column more. One transaction, so that no row is ever written without the trigger.
-- A write to any of first, last puts name together, a write to name is taken apart. What one side cannot say is
-- lost when the other side is written, and only then.
-- An expression that fails makes the statement fail, for old code as well: it must have an answer for every value.

BEGIN;
ALTER TABLE app.log ADD COLUMN name text;
CREATE FUNCTION migrator.sync_20260901_log_merge_name() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_log_merge_name' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.name IS NOT NULL THEN
            NEW.first := split_part(NEW.name, ' ', 1);  -- written by new code
            NEW.last := substr(NEW.name, length(split_part(NEW.name, ' ', 1)) + 2);
        ELSE
            NEW.name := concat_ws(' ', NEW.first, NEW.last);  -- written by old code
        END IF;
    ELSIF OLD.name IS DISTINCT FROM NEW.name THEN
        NEW.first := split_part(NEW.name, ' ', 1);  -- new code wins when both changed
        NEW.last := substr(NEW.name, length(split_part(NEW.name, ' ', 1)) + 2);
    ELSE
        NEW.name := concat_ws(' ', NEW.first, NEW.last);
    END IF;
    RETURN NEW;
END
$f$;
CREATE TRIGGER zz_migrator_20260901_log_merge_name_i BEFORE INSERT ON app.log
    FOR EACH ROW EXECUTE FUNCTION migrator.sync_20260901_log_merge_name();
CREATE TRIGGER zz_migrator_20260901_log_merge_name_u BEFORE UPDATE ON app.log
    FOR EACH ROW WHEN (OLD.first IS DISTINCT FROM NEW.first
                       OR OLD.last IS DISTINCT FROM NEW.last
                       OR OLD.name IS DISTINCT FROM NEW.name)
    EXECUTE FUNCTION migrator.sync_20260901_log_merge_name();
SET LOCAL search_path = pg_catalog, pg_temp;
-- Reads the expressions and computes nothing: one that fits no column stops here.
EXPLAIN UPDATE app.log SET
    name = concat_ws(' ', first, last),
    first = split_part(name, ' ', 1),
    last = substr(name, length(split_part(name, ' ', 1)) + 2)
WHERE false;
COMMIT;
