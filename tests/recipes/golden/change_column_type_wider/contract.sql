-- Contract: quantity goes, amount_ordered stays. Old code fails from here on; there is no way back.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step (dropping a foreign key also on the table it
-- refers to); indexes are dropped without blocking anybody.
-- First goes everything that could refuse a row without quantity, then the trigger is disarmed (no table lock),
-- then trigger and column go in one transaction: in any other order an insert fails.
-- While it runs quantity only follows: what anybody still writes there is lost.
-- The column is now amount_ordered. To have it under the name quantity, rename it in a migration of its own, which
-- running code survives: migrator new rename-column --table public.orders --from amount_ordered --to quantity. A
-- plain RENAME COLUMN breaks all code that runs.

ALTER TABLE public.orders
    ALTER COLUMN amount_ordered SET DEFAULT (1),
    ALTER COLUMN quantity DROP DEFAULT,
    ALTER COLUMN quantity DROP NOT NULL,
    DROP CONSTRAINT orders_quantity_check;

CREATE OR REPLACE FUNCTION migrator.sync_20260901_orders_quantity_to_amount_ordered() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_orders_quantity_to_amount_ordered' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    NEW.quantity := NEW.amount_ordered;  -- the new columns decide
    RETURN NEW;
END
$f$;

DROP INDEX CONCURRENTLY public.orders_quantity_idx;

CREATE OR REPLACE FUNCTION migrator.sync_20260901_orders_quantity_to_amount_ordered() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    RETURN NEW;
END
$f$;

BEGIN;
DROP TRIGGER zz_migrator_20260901_orders_quantity_to_amount_ordered_i ON public.orders;
DROP TRIGGER zz_migrator_20260901_orders_quantity_to_amount_ordered_u ON public.orders;
ALTER TABLE public.orders DROP COLUMN quantity;
DROP FUNCTION migrator.sync_20260901_orders_quantity_to_amount_ordered();
COMMIT;
