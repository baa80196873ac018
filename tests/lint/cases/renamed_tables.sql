-- expect: rename-table
ALTER TABLE a RENAME TO b;
CREATE VIEW a AS SELECT * FROM b;
BEGIN;
ALTER TABLE c RENAME TO d;
CREATE VIEW c AS SELECT * FROM d;
COMMIT;
-- expect: set-schema
ALTER TABLE e SET SCHEMA archive;
ALTER INDEX f RENAME TO g;
-- expect: rename-object
ALTER SEQUENCE f RENAME TO g;
