-- Contract: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa goes, ééééééééééééééééééééééééééééééé
-- stays. Old code fails from here on; there is no way back.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step (dropping a foreign key also on the table it
-- refers to); indexes are dropped without blocking anybody.
-- First goes everything that could refuse a row without
-- aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, then the trigger is disarmed (no table lock),
-- then trigger and column go in one transaction: in any other order an insert fails.

ALTER TABLE public.ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt
    ALTER COLUMN "ééééééééééééééééééééééééééééééé" SET DEFAULT 1,
    ALTER COLUMN aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa DROP DEFAULT,
    ALTER COLUMN aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa DROP NOT NULL,
    DROP CONSTRAINT tttttttttttttttttttttttttttt_aaaaaaaaaaaaaaaaaaaaaaaaaaaa_check;

DROP INDEX CONCURRENTLY public.iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii_2;

DROP INDEX CONCURRENTLY public.iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii;

CREATE OR REPLACE FUNCTION migrator.sync_20260901_tttttttttttttttttttttttttttttttttttttttt() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    RETURN NEW;
END
$f$;

BEGIN;
DROP TRIGGER zz_migrator_20260901_tttttttttttttttttttttttttttttttttttttttt_i ON public.ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt;
DROP TRIGGER zz_migrator_20260901_tttttttttttttttttttttttttttttttttttttttt_u ON public.ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt;
ALTER TABLE public.ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt DROP COLUMN aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;
DROP FUNCTION migrator.sync_20260901_tttttttttttttttttttttttttttttttttttttttt();
COMMIT;
