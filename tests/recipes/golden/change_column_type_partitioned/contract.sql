-- Contract: size goes, bytes stays. Old code fails from here on; there is no way back.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step (dropping a foreign key also on the table it
-- refers to); its partitions are locked with it, and their indexes go with those of the table.
-- First goes everything that could refuse a row without size, then the trigger is disarmed (no table lock), then
-- trigger and column go in one transaction: in any other order an insert fails.
-- While it runs size only follows: what anybody still writes there is lost.
-- The column is now bytes. To have it under the name size, rename it in a migration of its own, which running code
-- survives: migrator new rename-column --table app.log --from bytes --to size. A plain RENAME COLUMN breaks all
-- code that runs.

ALTER TABLE app.log
    ALTER COLUMN bytes SET DEFAULT (1),
    ALTER COLUMN size DROP DEFAULT,
    ALTER COLUMN size DROP NOT NULL,
    DROP CONSTRAINT log_size_check;

CREATE OR REPLACE FUNCTION migrator.sync_20260901_log_size_to_bytes() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_log_size_to_bytes' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    NEW.size := NEW.bytes;  -- the new columns decide
    RETURN NEW;
END
$f$;

DROP INDEX app.log_size_idx;

CREATE OR REPLACE FUNCTION migrator.sync_20260901_log_size_to_bytes() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    RETURN NEW;
END
$f$;

BEGIN;
DROP TRIGGER zz_migrator_20260901_log_size_to_bytes_i ON app.log;
DROP TRIGGER zz_migrator_20260901_log_size_to_bytes_u ON app.log;
ALTER TABLE app.log DROP COLUMN size;
DROP FUNCTION migrator.sync_20260901_log_size_to_bytes();
COMMIT;
