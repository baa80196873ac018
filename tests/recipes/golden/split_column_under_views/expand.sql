-- Expand: public.people gets the columns first and last beside full_name; a trigger translates each write to the
-- other side.
-- Locks: ACCESS EXCLUSIVE on the table for some milliseconds, once; nothing is rewritten or scanned.
-- Old code goes on with full_name and never sees a difference.
-- New code may write first and last; it may read them after the backfill, because older rows are still empty.
-- SELECT * returns two columns more. One transaction, so that no row is ever written without the trigger.
-- A write to full_name is taken apart, a write to any of first, last puts full_name together again. What one side
-- cannot say is lost when the other side is written, and only then.
-- An expression that fails makes the statement fail, for old code as well: it must have an answer for every value.

BEGIN;
ALTER TABLE public.people ADD COLUMN first text;
ALTER TABLE public.people ADD COLUMN last text;
CREATE FUNCTION migrator.sync_20260901_people_split_full_name() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_people_split_full_name' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.first IS NOT NULL OR NEW.last IS NOT NULL THEN
            NEW.full_name := concat_ws(' ', NEW.first, NEW.last);  -- written by new code
        ELSE
            NEW.first := split_part(NEW.full_name, ' ', 1);  -- written by old code
            NEW.last := NULLIF(substr(NEW.full_name, length(split_part(NEW.full_name, ' ', 1)) + 2), '');
        END IF;
    ELSIF OLD.first IS DISTINCT FROM NEW.first OR OLD.last IS DISTINCT FROM NEW.last THEN
        IF OLD.first IS NULL AND OLD.last IS NULL AND (OLD.full_name IS DISTINCT FROM CAST(concat_ws(' ', OLD.first, OLD.last) AS text)) THEN
            NEW.first := coalesce(NEW.first, split_part(OLD.full_name, ' ', 1));
            NEW.last := coalesce(NEW.last, NULLIF(substr(OLD.full_name, length(split_part(OLD.full_name, ' ', 1)) + 2), ''));
        END IF;  -- the backfill has not been here yet
        NEW.full_name := concat_ws(' ', NEW.first, NEW.last);  -- new code wins when both changed
    ELSE
        NEW.first := split_part(NEW.full_name, ' ', 1);
        NEW.last := NULLIF(substr(NEW.full_name, length(split_part(NEW.full_name, ' ', 1)) + 2), '');
    END IF;
    RETURN NEW;
END
$f$;
CREATE TRIGGER zz_migrator_20260901_people_split_full_name_i BEFORE INSERT ON public.people
    FOR EACH ROW EXECUTE FUNCTION migrator.sync_20260901_people_split_full_name();
CREATE TRIGGER zz_migrator_20260901_people_split_full_name_u BEFORE UPDATE ON public.people
    FOR EACH ROW WHEN (OLD.full_name IS DISTINCT FROM NEW.full_name
                       OR OLD.first IS DISTINCT FROM NEW.first
                       OR OLD.last IS DISTINCT FROM NEW.last)
    EXECUTE FUNCTION migrator.sync_20260901_people_split_full_name();
SET LOCAL search_path = pg_catalog, pg_temp;
-- Reads the expressions and computes nothing: one that fits no column stops here.
EXPLAIN UPDATE public.people SET
    first = split_part(full_name, ' ', 1),
    last = NULLIF(substr(full_name, length(split_part(full_name, ' ', 1)) + 2), ''),
    full_name = concat_ws(' ', first, last)
WHERE false;
COMMIT;

EXPLAIN SELECT DISTINCT id, concat_ws(' ', people.first, people.last)::text AS full_name, length(concat_ws(' ', people.first, people.last)::text) AS long, city FROM public.people;
