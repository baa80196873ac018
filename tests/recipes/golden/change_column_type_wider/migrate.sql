-- Migrate, after the backfill: amount_ordered gets the indexes and constraints of quantity.
-- Locks: index builds and validations take SHARE UPDATE EXCLUSIVE and block no reader and no writer; adding a
-- constraint takes ACCESS EXCLUSIVE (a foreign key SHARE ROW EXCLUSIVE, on both tables) for milliseconds.
-- Old and new code both work. New code may say ON CONFLICT (amount_ordered) only after this phase.

CREATE INDEX CONCURRENTLY orders_amount_ordered_idx ON public.orders USING btree (amount_ordered) WHERE amount_ordered > 100;

ALTER TABLE public.orders ADD CONSTRAINT orders_amount_ordered_not_null_proof CHECK (amount_ordered IS NOT NULL) NOT VALID;

ALTER TABLE public.orders VALIDATE CONSTRAINT orders_amount_ordered_not_null_proof;

BEGIN;
ALTER TABLE public.orders ALTER COLUMN amount_ordered SET NOT NULL;
ALTER TABLE public.orders DROP CONSTRAINT orders_amount_ordered_not_null_proof;
COMMIT;

ALTER TABLE public.orders ADD CONSTRAINT orders_amount_ordered_check CHECK (amount_ordered > 0) NOT VALID;

ALTER TABLE public.orders VALIDATE CONSTRAINT orders_amount_ordered_check;

ANALYZE public.orders;
