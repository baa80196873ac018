-- Contract: amount goes, cents stays. Old code fails from here on; there is no way back.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step (dropping a foreign key also on the table it
-- refers to); indexes are dropped without blocking anybody.
-- First goes everything that could refuse a row without amount, then the trigger is disarmed (no table lock), then
-- trigger and column go in one transaction: in any other order an insert fails.
-- While it runs amount only follows: what anybody still writes there is lost.
-- Before that public.paid, public.sums are made again over cents, with the same columns: ACCESS EXCLUSIVE on the
-- view alone, for milliseconds; owner, rights and views over it stay. Whoever changes a view before this runs must
-- change it here as well.
-- It computes the old value from the new one: a value that the old type cannot hold is cut, or makes a query of
-- the view fail. Give the readers a view of the new column in time.
-- The column is now cents. To have it under the name amount, rename it in a migration of its own, which running
-- code survives: migrator new rename-column --table public.payments --from cents --to amount. A plain RENAME
-- COLUMN breaks all code that runs.

CREATE OR REPLACE VIEW public.paid AS
SELECT id, payments.cents::int AS amount, payments.cents::int % 7 AS rest, payer FROM public.payments;

CREATE OR REPLACE VIEW public.sums AS
SELECT payer, sum(payments.cents::int) AS total, max(payments.cents::int) AS most FROM public.payments GROUP BY payer;

ALTER TABLE public.payments
    ALTER COLUMN cents SET DEFAULT (1),
    ALTER COLUMN amount DROP DEFAULT,
    ALTER COLUMN amount DROP NOT NULL;

CREATE OR REPLACE FUNCTION migrator.sync_20260901_payments_amount_to_cents() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_payments_amount_to_cents' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    NEW.amount := NEW.cents;  -- the new columns decide
    RETURN NEW;
END
$f$;

CREATE OR REPLACE FUNCTION migrator.sync_20260901_payments_amount_to_cents() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    RETURN NEW;
END
$f$;

BEGIN;
DROP TRIGGER zz_migrator_20260901_payments_amount_to_cents_i ON public.payments;
DROP TRIGGER zz_migrator_20260901_payments_amount_to_cents_u ON public.payments;
ALTER TABLE public.payments DROP COLUMN amount;
DROP FUNCTION migrator.sync_20260901_payments_amount_to_cents();
COMMIT;
