-- Migrate, after the backfill: ticket gets the indexes and constraints of number.
-- Locks: index builds and validations take SHARE UPDATE EXCLUSIVE and block no reader and no writer; adding a
-- constraint takes ACCESS EXCLUSIVE (a foreign key SHARE ROW EXCLUSIVE, on both tables) for milliseconds.
-- Old and new code both work. New code may say ON CONFLICT (ticket) only after this phase.

CREATE UNIQUE INDEX CONCURRENTLY tickets_ticket_key ON public.tickets USING btree (ticket);

ALTER TABLE public.tickets ADD CONSTRAINT tickets_ticket_key UNIQUE USING INDEX tickets_ticket_key;

ALTER TABLE public.tickets ADD CONSTRAINT tickets_ticket_not_null_proof CHECK (ticket IS NOT NULL) NOT VALID;

ALTER TABLE public.tickets VALIDATE CONSTRAINT tickets_ticket_not_null_proof;

BEGIN;
ALTER TABLE public.tickets ALTER COLUMN ticket SET NOT NULL;
ALTER TABLE public.tickets DROP CONSTRAINT tickets_ticket_not_null_proof;
COMMIT;

ANALYZE public.tickets;
