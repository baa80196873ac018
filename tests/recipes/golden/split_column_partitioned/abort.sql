-- Abort, before contract: given and family and everything that was made for them go; the table is as it was.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step; its partitions are locked with it, and their
-- indexes go with those of the table.
-- Old code never notices. New code that names given and family fails: take it back first.

BEGIN;
DROP TRIGGER zz_migrator_20260901_log_split_who_i ON app.log;
DROP TRIGGER zz_migrator_20260901_log_split_who_u ON app.log;
ALTER TABLE app.log DROP COLUMN given, DROP COLUMN family;
DROP FUNCTION migrator.sync_20260901_log_split_who();
COMMIT;
