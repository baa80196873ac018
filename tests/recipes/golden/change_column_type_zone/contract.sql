-- Contract: placed goes, placed_at stays. Old code fails from here on; there is no way back.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step (dropping a foreign key also on the table it
-- refers to); indexes are dropped without blocking anybody.
-- First goes everything that could refuse a row without placed, then the trigger is disarmed (no table lock), then
-- trigger and column go in one transaction: in any other order an insert fails.
-- While it runs placed only follows: what anybody still writes there is lost.
-- The column is now placed_at. To have it under the name placed, rename it in a migration of its own, which
-- running code survives: migrator new rename-column --table public.orders --from placed_at --to placed. A plain
-- RENAME COLUMN breaks all code that runs.

CREATE OR REPLACE FUNCTION migrator.sync_20260901_orders_placed_to_placed_at() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    RETURN NEW;
END
$f$;

BEGIN;
DROP TRIGGER zz_migrator_20260901_orders_placed_to_placed_at_i ON public.orders;
DROP TRIGGER zz_migrator_20260901_orders_placed_to_placed_at_u ON public.orders;
ALTER TABLE public.orders DROP COLUMN placed;
DROP FUNCTION migrator.sync_20260901_orders_placed_to_placed_at();
COMMIT;
