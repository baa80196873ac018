-- Abort, before contract: placed_at and everything that was made for it go; the table is as it was.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step; indexes go without blocking anybody.
-- Old code never notices. New code that names placed_at fails: take it back first.

BEGIN;
DROP TRIGGER zz_migrator_20260901_orders_placed_to_placed_at_i ON public.orders;
DROP TRIGGER zz_migrator_20260901_orders_placed_to_placed_at_u ON public.orders;
ALTER TABLE public.orders DROP COLUMN placed_at;
DROP FUNCTION migrator.sync_20260901_orders_placed_to_placed_at();
COMMIT;
