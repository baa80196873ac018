-- Migrate, after the backfill: feeling gets the indexes and constraints of mood.
-- Locks: index builds and validations take SHARE UPDATE EXCLUSIVE and block no reader and no writer; adding a
-- constraint takes ACCESS EXCLUSIVE (a foreign key SHARE ROW EXCLUSIVE, on both tables) for milliseconds.
-- Old and new code both work. New code may say ON CONFLICT (feeling) only after this phase.

CREATE INDEX diary_feeling_idx ON ONLY public.diary USING btree (feeling);

CREATE INDEX CONCURRENTLY diary_2025_diary_feeling_idx ON public.diary_2025 USING btree (feeling);

ALTER INDEX public.diary_feeling_idx ATTACH PARTITION public.diary_2025_diary_feeling_idx;

CREATE INDEX diary_later_diary_feeling_idx ON ONLY public.diary_later USING btree (feeling);

CREATE INDEX CONCURRENTLY "Diary, later_diary_feeling_idx" ON public."Diary, later" USING btree (feeling);

ALTER INDEX public.diary_later_diary_feeling_idx ATTACH PARTITION public."Diary, later_diary_feeling_idx";

ALTER INDEX public.diary_feeling_idx ATTACH PARTITION public.diary_later_diary_feeling_idx;

ALTER TABLE public.diary ADD CONSTRAINT diary_feeling_not_null_proof CHECK (feeling IS NOT NULL) NOT VALID;

ALTER TABLE public.diary VALIDATE CONSTRAINT diary_feeling_not_null_proof;

BEGIN;
ALTER TABLE public.diary ALTER COLUMN feeling SET NOT NULL;
ALTER TABLE public.diary DROP CONSTRAINT diary_feeling_not_null_proof;
COMMIT;

ALTER TABLE public.diary ADD CONSTRAINT diary_feeling_check CHECK (feeling <> 'blue' OR id > 0) NOT VALID;

ALTER TABLE public.diary VALIDATE CONSTRAINT diary_feeling_check;

ANALYZE public.diary;
