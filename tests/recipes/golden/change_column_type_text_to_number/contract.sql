-- Contract: amount goes, price stays. Old code fails from here on; there is no way back.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step (dropping a foreign key also on the table it
-- refers to); indexes are dropped without blocking anybody.
-- First goes everything that could refuse a row without amount, then the trigger is disarmed (no table lock), then
-- trigger and column go in one transaction: in any other order an insert fails.
-- While it runs amount only follows: what anybody still writes there is lost.
-- The column is now price. To have it under the name amount, rename it in a migration of its own, which running
-- code survives: migrator new rename-column --table public.orders --from price --to amount. A plain RENAME COLUMN
-- breaks all code that runs.

CREATE OR REPLACE FUNCTION migrator.sync_20260901_orders_amount_to_price() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    RETURN NEW;
END
$f$;

BEGIN;
DROP TRIGGER zz_migrator_20260901_orders_amount_to_price_i ON public.orders;
DROP TRIGGER zz_migrator_20260901_orders_amount_to_price_u ON public.orders;
ALTER TABLE public.orders DROP COLUMN amount;
DROP FUNCTION migrator.sync_20260901_orders_amount_to_price();
COMMIT;
