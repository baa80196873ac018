-- Migrate, after the backfill: ééééééééééééééééééééééééééééééé gets the indexes and constraints of
-- aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.
-- Locks: index builds and validations take SHARE UPDATE EXCLUSIVE and block no reader and no writer; adding a
-- constraint takes ACCESS EXCLUSIVE (a foreign key SHARE ROW EXCLUSIVE, on both tables) for milliseconds.
-- Old and new code both work. New code may say ON CONFLICT (ééééééééééééééééééééééééééééééé) only after this
-- phase.

CREATE INDEX CONCURRENTLY iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii_3572bbd5 ON public.ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt USING btree ((b || "ééééééééééééééééééééééééééééééé"));

CREATE INDEX CONCURRENTLY iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii_73a6b3d4 ON public.ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt USING btree ("ééééééééééééééééééééééééééééééé", b);

ALTER TABLE public.ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt ADD CONSTRAINT ttttttttttttttttttttttttttttttttttttttt_19a6c8b3_not_null_proof CHECK ("ééééééééééééééééééééééééééééééé" IS NOT NULL) NOT VALID;

ALTER TABLE public.ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt VALIDATE CONSTRAINT ttttttttttttttttttttttttttttttttttttttt_19a6c8b3_not_null_proof;

BEGIN;
ALTER TABLE public.ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt ALTER COLUMN "ééééééééééééééééééééééééééééééé" SET NOT NULL;
ALTER TABLE public.ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt DROP CONSTRAINT ttttttttttttttttttttttttttttttttttttttt_19a6c8b3_not_null_proof;
COMMIT;

ALTER TABLE public.ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt ADD CONSTRAINT tttttttttttttttttttttttttttt_aaaaaaaaaaaaaaaaaaaaaaaaa_a3761ee1 CHECK ("ééééééééééééééééééééééééééééééé" > 0) NOT VALID;

ALTER TABLE public.ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt VALIDATE CONSTRAINT tttttttttttttttttttttttttttt_aaaaaaaaaaaaaaaaaaaaaaaaa_a3761ee1;

ANALYZE public.ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt;
