-- Abort, before contract: cents and everything that was made for it go; the table is as it was.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step; indexes go without blocking anybody.
-- Old code never notices. New code that names cents fails: take it back first.

BEGIN;
DROP TRIGGER zz_migrator_20260901_payments_amount_to_cents_i ON public.payments;
DROP TRIGGER zz_migrator_20260901_payments_amount_to_cents_u ON public.payments;
ALTER TABLE public.payments DROP COLUMN cents;
DROP FUNCTION migrator.sync_20260901_payments_amount_to_cents();
COMMIT;
