-- Expand: app.log gets the columns given and family beside Who; a trigger translates each write to the other side.
-- Locks: ACCESS EXCLUSIVE on the table for some milliseconds, once; nothing is rewritten or scanned.
-- Old code goes on with Who and never sees a difference.
-- New code may write given and family; it may read them after the backfill, because older rows are still empty.
-- SELECT * returns two columns more. One transaction, so that no row is ever written without the trigger.
-- A write to Who is taken apart, a write to any of given, family puts Who together again. What one side cannot say
-- is lost when the other side is written, and only then.
-- An expression that fails makes the statement fail, for old code as well: it must have an answer for every value.

BEGIN;
ALTER TABLE app.log ADD COLUMN given text;
ALTER TABLE app.log ADD COLUMN family text;
CREATE FUNCTION migrator.sync_20260901_log_split_who() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_log_split_who' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.given IS NOT NULL OR NEW.family IS NOT NULL THEN
            NEW."Who" := NULLIF(concat_ws(' ', NEW.given, NEW.family), '');  -- written by new code
        ELSE
            NEW.given := split_part(NEW."Who", ' ', 1);  -- written by old code
            NEW.family := substr(NEW."Who", length(split_part(NEW."Who", ' ', 1)) + 2);
        END IF;
    ELSIF OLD.given IS DISTINCT FROM NEW.given OR OLD.family IS DISTINCT FROM NEW.family THEN
        IF OLD.given IS NULL AND OLD.family IS NULL AND (OLD."Who" IS DISTINCT FROM CAST(NULLIF(concat_ws(' ', OLD.given, OLD.family), '') AS text)) THEN
            NEW.given := coalesce(NEW.given, split_part(OLD."Who", ' ', 1));
            NEW.family := coalesce(NEW.family, substr(OLD."Who", length(split_part(OLD."Who", ' ', 1)) + 2));
        END IF;  -- the backfill has not been here yet
        NEW."Who" := NULLIF(concat_ws(' ', NEW.given, NEW.family), '');  -- new code wins when both changed
    ELSE
        NEW.given := split_part(NEW."Who", ' ', 1);
        NEW.family := substr(NEW."Who", length(split_part(NEW."Who", ' ', 1)) + 2);
    END IF;
    RETURN NEW;
END
$f$;
CREATE TRIGGER zz_migrator_20260901_log_split_who_i BEFORE INSERT ON app.log
    FOR EACH ROW EXECUTE FUNCTION migrator.sync_20260901_log_split_who();
CREATE TRIGGER zz_migrator_20260901_log_split_who_u BEFORE UPDATE ON app.log
    FOR EACH ROW WHEN (OLD."Who" IS DISTINCT FROM NEW."Who"
                       OR OLD.given IS DISTINCT FROM NEW.given
                       OR OLD.family IS DISTINCT FROM NEW.family)
    EXECUTE FUNCTION migrator.sync_20260901_log_split_who();
SET LOCAL search_path = pg_catalog, pg_temp;
-- Reads the expressions and computes nothing: one that fits no column stops here.
EXPLAIN UPDATE app.log SET
    given = split_part("Who", ' ', 1),
    family = substr("Who", length(split_part("Who", ' ', 1)) + 2),
    "Who" = NULLIF(concat_ws(' ', given, family), '')
WHERE false;
COMMIT;
