-- Migrate, after the backfill: feeling gets the indexes and constraints of mood.
-- Locks: index builds and validations take SHARE UPDATE EXCLUSIVE and block no reader and no writer; adding a
-- constraint takes ACCESS EXCLUSIVE (a foreign key SHARE ROW EXCLUSIVE, on both tables) for milliseconds.
-- Old and new code both work. New code may say ON CONFLICT (feeling) only after this phase.

CREATE INDEX CONCURRENTLY people_feeling_idx ON public.people USING btree (feeling);

ALTER TABLE public.people ADD CONSTRAINT people_feeling_not_null_proof CHECK (feeling IS NOT NULL) NOT VALID;

ALTER TABLE public.people VALIDATE CONSTRAINT people_feeling_not_null_proof;

BEGIN;
ALTER TABLE public.people ALTER COLUMN feeling SET NOT NULL;
ALTER TABLE public.people DROP CONSTRAINT people_feeling_not_null_proof;
COMMIT;

ALTER TABLE public.people ADD CONSTRAINT people_feeling_check CHECK (feeling <> 'sad' OR id > 0) NOT VALID;

ALTER TABLE public.people VALIDATE CONSTRAINT people_feeling_check;

ANALYZE public.people;
