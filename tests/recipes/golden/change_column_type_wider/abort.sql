-- Abort, before contract: amount_ordered and everything that was made for it go; the table is as it was.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step; indexes go without blocking anybody.
-- Old code never notices. New code that names amount_ordered fails: take it back first.

DROP INDEX CONCURRENTLY public.orders_amount_ordered_idx;

ALTER TABLE public.orders DROP CONSTRAINT orders_amount_ordered_check;

BEGIN;
DROP TRIGGER zz_migrator_20260901_orders_quantity_to_amount_ordered_i ON public.orders;
DROP TRIGGER zz_migrator_20260901_orders_quantity_to_amount_ordered_u ON public.orders;
ALTER TABLE public.orders DROP COLUMN amount_ordered;
DROP FUNCTION migrator.sync_20260901_orders_quantity_to_amount_ordered();
COMMIT;
