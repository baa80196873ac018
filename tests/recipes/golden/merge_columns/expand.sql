-- Expand: public.people gets the column full_name beside first and last; a trigger translates each write to the
-- other side.
-- Locks: ACCESS EXCLUSIVE on the table for some milliseconds, once; nothing is rewritten or scanned.
-- Old code goes on with first and last and never sees a difference.
-- New code may write full_name; it may read it after the backfill, because older rows are still empty.
-- SELECT * returns one column more. One transaction, so that no row is ever written without the trigger.
-- A write to any of first, last puts full_name together, a write to full_name is taken apart. What one side cannot
-- say is lost when the other side is written, and only then.
-- An expression that fails makes the statement fail, for old code as well: it must have an answer for every value.

BEGIN;
ALTER TABLE public.people ADD COLUMN full_name text;
CREATE FUNCTION migrator.sync_20260901_people_merge_full_name() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_people_merge_full_name' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.full_name IS NOT NULL THEN
            NEW.first := split_part(NEW.full_name, ' ', 1);  -- written by new code
            NEW.last := substr(NEW.full_name, length(split_part(NEW.full_name, ' ', 1)) + 2);
        ELSE
            NEW.full_name := concat_ws(' ', NEW.first, NEW.last);  -- written by old code
        END IF;
    ELSIF OLD.full_name IS DISTINCT FROM NEW.full_name THEN
        NEW.first := split_part(NEW.full_name, ' ', 1);  -- new code wins when both changed
        NEW.last := substr(NEW.full_name, length(split_part(NEW.full_name, ' ', 1)) + 2);
    ELSE
        NEW.full_name := concat_ws(' ', NEW.first, NEW.last);
    END IF;
    RETURN NEW;
END
$f$;
CREATE TRIGGER zz_migrator_20260901_people_merge_full_name_i BEFORE INSERT ON public.people
    FOR EACH ROW EXECUTE FUNCTION migrator.sync_20260901_people_merge_full_name();
CREATE TRIGGER zz_migrator_20260901_people_merge_full_name_u BEFORE UPDATE ON public.people
    FOR EACH ROW WHEN (OLD.first IS DISTINCT FROM NEW.first
                       OR OLD.last IS DISTINCT FROM NEW.last
                       OR OLD.full_name IS DISTINCT FROM NEW.full_name)
    EXECUTE FUNCTION migrator.sync_20260901_people_merge_full_name();
SET LOCAL search_path = pg_catalog, pg_temp;
-- Reads the expressions and computes nothing: one that fits no column stops here.
EXPLAIN UPDATE public.people SET
    full_name = concat_ws(' ', first, last),
    first = split_part(full_name, ' ', 1),
    last = substr(full_name, length(split_part(full_name, ' ', 1)) + 2)
WHERE false;
COMMIT;
