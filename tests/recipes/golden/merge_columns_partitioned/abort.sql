-- Abort, before contract: name and everything that was made for it go; the table is as it was.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step; its partitions are locked with it, and their
-- indexes go with those of the table.
-- Old code never notices. New code that names name fails: take it back first.

BEGIN;
DROP TRIGGER zz_migrator_20260901_log_merge_name_i ON app.log;
DROP TRIGGER zz_migrator_20260901_log_merge_name_u ON app.log;
ALTER TABLE app.log DROP COLUMN name;
DROP FUNCTION migrator.sync_20260901_log_merge_name();
COMMIT;
