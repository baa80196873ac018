-- Abort, before contract: bytes and everything that was made for it go; the table is as it was.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step; its partitions are locked with it, and their
-- indexes go with those of the table.
-- Old code never notices. New code that names bytes fails: take it back first.

ALTER TABLE app.log DROP CONSTRAINT log_bytes_check;

BEGIN;
DROP TRIGGER zz_migrator_20260901_log_size_to_bytes_i ON app.log;
DROP TRIGGER zz_migrator_20260901_log_size_to_bytes_u ON app.log;
ALTER TABLE app.log DROP COLUMN bytes;
DROP FUNCTION migrator.sync_20260901_log_size_to_bytes();
COMMIT;
