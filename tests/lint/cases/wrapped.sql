-- migrator: transaction
ALTER TABLE t ADD COLUMN a int;
-- expect: concurrently-in-transaction
CREATE INDEX CONCURRENTLY i ON t (a);
-- expect: wide-lock-window
ALTER TABLE u ADD COLUMN a int;
-- expect: transaction-nesting
BEGIN;
-- expect: transaction-nesting
COMMIT;
CREATE INDEX CONCURRENTLY j ON t (a);
