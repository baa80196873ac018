-- Abort, before contract: price and everything that was made for it go; the table is as it was.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step; indexes go without blocking anybody.
-- Old code never notices. New code that names price fails: take it back first.

BEGIN;
DROP TRIGGER zz_migrator_20260901_orders_amount_to_price_i ON public.orders;
DROP TRIGGER zz_migrator_20260901_orders_amount_to_price_u ON public.orders;
ALTER TABLE public.orders DROP COLUMN price;
DROP FUNCTION migrator.sync_20260901_orders_amount_to_price();
COMMIT;
