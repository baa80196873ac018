-- Contract: first and last go, name stays. Old code fails from here on; there is no way back.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step (dropping a foreign key also on the table it
-- refers to); its partitions are locked with it, and their indexes go with those of the table.
-- First goes everything that could refuse a row without first and last, then the trigger is disarmed (no table
-- lock), then trigger and columns go in one transaction: in any other order an insert fails.
-- While it runs first and last only follow: what anybody still writes there is lost.
-- The indexes and constraints of first, last go with it and are not copied: make those that new code needs before,
-- with migrator new create-index, add-check and set-not-null.

ALTER TABLE app.log
    ALTER COLUMN name SET DEFAULT concat_ws(' ', (''::text), (NULL::text)),
    ALTER COLUMN first DROP DEFAULT,
    ALTER COLUMN first DROP NOT NULL;

CREATE OR REPLACE FUNCTION migrator.sync_20260901_log_merge_name() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_log_merge_name' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    NEW.first := split_part(NEW.name, ' ', 1);  -- the new columns decide
    NEW.last := substr(NEW.name, length(split_part(NEW.name, ' ', 1)) + 2);
    RETURN NEW;
END
$f$;

CREATE OR REPLACE FUNCTION migrator.sync_20260901_log_merge_name() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    RETURN NEW;
END
$f$;

BEGIN;
DROP TRIGGER zz_migrator_20260901_log_merge_name_i ON app.log;
DROP TRIGGER zz_migrator_20260901_log_merge_name_u ON app.log;
ALTER TABLE app.log DROP COLUMN first, DROP COLUMN last;
DROP FUNCTION migrator.sync_20260901_log_merge_name();
COMMIT;
