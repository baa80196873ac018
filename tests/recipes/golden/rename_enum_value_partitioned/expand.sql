-- Expand: public.diary gets the column feeling beside mood; a trigger translates each write to the other side.
-- Locks: ACCESS EXCLUSIVE on the table for some milliseconds, once; nothing is rewritten or scanned.
-- Old code goes on with mood and never sees a difference.
-- New code may write feeling; it may read it after the backfill, because older rows are still empty.
-- SELECT * returns one column more. One transaction, so that no row is ever written without the trigger.

CREATE TYPE public.mood_next AS ENUM ('blue', 'it''s ok', 'happy');

BEGIN;
ALTER TABLE public.diary ADD COLUMN feeling public.mood_next;
CREATE FUNCTION migrator.sync_20260901_diary_mood_sad_to_blue() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_diary_mood_sad_to_blue' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.feeling::text IS NOT NULL THEN
            NEW.mood := CASE NEW.feeling::text WHEN 'blue' THEN 'sad' ELSE NEW.feeling::text END::public.mood;  -- written by new code
        ELSE
            NEW.feeling := CASE NEW.mood::text WHEN 'sad' THEN 'blue' ELSE NEW.mood::text END::public.mood_next;  -- written by old code
        END IF;
    ELSIF OLD.feeling::text IS DISTINCT FROM NEW.feeling::text THEN
        NEW.mood := CASE NEW.feeling::text WHEN 'blue' THEN 'sad' ELSE NEW.feeling::text END::public.mood;  -- new code wins when both changed
    ELSE
        NEW.feeling := CASE NEW.mood::text WHEN 'sad' THEN 'blue' ELSE NEW.mood::text END::public.mood_next;
    END IF;
    RETURN NEW;
END
$f$;
CREATE TRIGGER zz_migrator_20260901_diary_mood_sad_to_blue_i BEFORE INSERT ON public.diary
    FOR EACH ROW EXECUTE FUNCTION migrator.sync_20260901_diary_mood_sad_to_blue();
CREATE TRIGGER zz_migrator_20260901_diary_mood_sad_to_blue_u BEFORE UPDATE ON public.diary
    FOR EACH ROW WHEN (OLD.mood::text IS DISTINCT FROM NEW.mood::text
                       OR OLD.feeling::text IS DISTINCT FROM NEW.feeling::text)
    EXECUTE FUNCTION migrator.sync_20260901_diary_mood_sad_to_blue();
SET LOCAL search_path = pg_catalog, pg_temp;
-- Reads the expressions and computes nothing: one that fits no column stops here.
EXPLAIN UPDATE public.diary SET
    feeling = (CASE mood::text WHEN 'sad' THEN 'blue' ELSE mood::text END)::public.mood_next,
    mood = (CASE feeling::text WHEN 'blue' THEN 'sad' ELSE feeling::text END)::public.mood
WHERE false;
COMMIT;
