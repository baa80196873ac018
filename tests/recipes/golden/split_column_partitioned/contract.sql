-- Contract: Who goes, given and family stay. Old code fails from here on; there is no way back.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step (dropping a foreign key also on the table it
-- refers to); its partitions are locked with it, and their indexes go with those of the table.
-- First goes everything that could refuse a row without Who, then the trigger is disarmed (no table lock), then
-- trigger and column go in one transaction: in any other order an insert fails.
-- While it runs Who only follows: what anybody still writes there is lost.
-- The indexes and constraints of Who go with it and are not copied: make those that new code needs before, with
-- migrator new create-index, add-check and set-not-null.

CREATE OR REPLACE FUNCTION migrator.sync_20260901_log_split_who() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    RETURN NEW;
END
$f$;

BEGIN;
DROP TRIGGER zz_migrator_20260901_log_split_who_i ON app.log;
DROP TRIGGER zz_migrator_20260901_log_split_who_u ON app.log;
ALTER TABLE app.log DROP COLUMN "Who";
DROP FUNCTION migrator.sync_20260901_log_split_who();
COMMIT;
