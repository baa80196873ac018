-- Migrate, after the backfill: type gets the indexes and constraints of kind.
-- Locks: index builds and validations take SHARE UPDATE EXCLUSIVE and block no reader and no writer; adding a
-- constraint takes ACCESS EXCLUSIVE (a foreign key SHARE ROW EXCLUSIVE, on both tables) for milliseconds.
-- Old and new code both work. New code may say ON CONFLICT (type) only after this phase.

CREATE INDEX events_type_idx ON ONLY public.events USING btree (lower(type), at) WHERE type <> 'kind';

CREATE INDEX CONCURRENTLY events_old_events_type_idx ON public.events_old USING btree (lower(type), at) WHERE type <> 'kind';

ALTER INDEX public.events_type_idx ATTACH PARTITION public.events_old_events_type_idx;

CREATE INDEX events_new_events_type_idx ON ONLY public.events_new USING btree (lower(type), at) WHERE type <> 'kind';

CREATE INDEX CONCURRENTLY events_new_0_events_type_idx ON public.events_new_0 USING btree (lower(type), at) WHERE type <> 'kind';

ALTER INDEX public.events_new_events_type_idx ATTACH PARTITION public.events_new_0_events_type_idx;

CREATE INDEX CONCURRENTLY events_new_1_events_type_idx ON public.events_new_1 USING btree (lower(type), at) WHERE type <> 'kind';

ALTER INDEX public.events_new_events_type_idx ATTACH PARTITION public.events_new_1_events_type_idx;

ALTER INDEX public.events_type_idx ATTACH PARTITION public.events_new_events_type_idx;

ALTER TABLE public.events ADD CONSTRAINT events_type_not_null_proof CHECK (type IS NOT NULL) NOT VALID;

ALTER TABLE public.events VALIDATE CONSTRAINT events_type_not_null_proof;

BEGIN;
ALTER TABLE public.events ALTER COLUMN type SET NOT NULL;
ALTER TABLE public.events DROP CONSTRAINT events_type_not_null_proof;
COMMIT;

ALTER TABLE public.events ADD CONSTRAINT events_type_check CHECK (type <> '') NOT VALID;

ALTER TABLE public.events VALIDATE CONSTRAINT events_type_check;

ANALYZE public.events;
