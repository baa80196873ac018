-- Migrate, after the backfill: cents gets the indexes and constraints of amount.
-- Locks: index builds and validations take SHARE UPDATE EXCLUSIVE and block no reader and no writer; adding a
-- constraint takes ACCESS EXCLUSIVE (a foreign key SHARE ROW EXCLUSIVE, on both tables) for milliseconds.
-- Old and new code both work. New code may say ON CONFLICT (cents) only after this phase.

ALTER TABLE public.payments ADD CONSTRAINT payments_cents_not_null_proof CHECK (cents IS NOT NULL) NOT VALID;

ALTER TABLE public.payments VALIDATE CONSTRAINT payments_cents_not_null_proof;

BEGIN;
ALTER TABLE public.payments ALTER COLUMN cents SET NOT NULL;
ALTER TABLE public.payments DROP CONSTRAINT payments_cents_not_null_proof;
COMMIT;

ANALYZE public.payments;
