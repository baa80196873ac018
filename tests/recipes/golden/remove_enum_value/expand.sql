-- Expand: public.people gets the column feeling beside mood; a trigger translates each write to the other side.
-- Locks: ACCESS EXCLUSIVE on the table for some milliseconds, once; nothing is rewritten or scanned.
-- Old code goes on with mood and never sees a difference.
-- New code may write feeling; it may read it after the backfill, because older rows are still empty.
-- SELECT * returns one column more. One transaction, so that no row is ever written without the trigger.

CREATE TYPE public.mood_next AS ENUM ('sad', 'it''s ok');

BEGIN;
ALTER TABLE public.people ADD COLUMN feeling public.mood_next;
CREATE FUNCTION migrator.sync_20260901_people_mood_without_happy() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_people_mood_without_happy' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.feeling::text IS NOT NULL THEN
            NEW.mood := NEW.feeling::text::public.mood;  -- written by new code
        ELSE
            NEW.feeling := CASE NEW.mood::text WHEN 'happy' THEN 'it''s ok' ELSE NEW.mood::text END::public.mood_next;  -- written by old code
        END IF;
    ELSIF OLD.feeling::text IS DISTINCT FROM NEW.feeling::text THEN
        NEW.mood := NEW.feeling::text::public.mood;  -- new code wins when both changed
    ELSE
        NEW.feeling := CASE NEW.mood::text WHEN 'happy' THEN 'it''s ok' ELSE NEW.mood::text END::public.mood_next;
    END IF;
    RETURN NEW;
END
$f$;
CREATE TRIGGER zz_migrator_20260901_people_mood_without_happy_i BEFORE INSERT ON public.people
    FOR EACH ROW EXECUTE FUNCTION migrator.sync_20260901_people_mood_without_happy();
CREATE TRIGGER zz_migrator_20260901_people_mood_without_happy_u BEFORE UPDATE ON public.people
    FOR EACH ROW WHEN (OLD.mood::text IS DISTINCT FROM NEW.mood::text
                       OR OLD.feeling::text IS DISTINCT FROM NEW.feeling::text)
    EXECUTE FUNCTION migrator.sync_20260901_people_mood_without_happy();
SET LOCAL search_path = pg_catalog, pg_temp;
-- Reads the expressions and computes nothing: one that fits no column stops here.
EXPLAIN UPDATE public.people SET
    feeling = (CASE mood::text WHEN 'happy' THEN 'it''s ok' ELSE mood::text END)::public.mood_next,
    mood = feeling::text::public.mood
WHERE false;
COMMIT;
