-- expect: create-index-non-concurrent
CREATE UNIQUE INDEX i ON t (a);
CREATE INDEX i ON ONLY partitioned (a);
CREATE INDEX CONCURRENTLY i ON t (a);
-- expect: drop-index-non-concurrent
DROP INDEX IF EXISTS a, b;
DROP INDEX CONCURRENTLY i;
-- expect: concurrent-index-retry-hazard
CREATE INDEX CONCURRENTLY IF NOT EXISTS j ON t (a);
DROP INDEX CONCURRENTLY IF EXISTS j;
CREATE INDEX CONCURRENTLY IF NOT EXISTS j ON t (a);

SET lock_timeout = '2s';
-- expect: concurrent-index-retry-hazard
CREATE INDEX CONCURRENTLY k ON t (a);
RESET lock_timeout;
CREATE INDEX CONCURRENTLY k ON t (a);
SELECT set_config('statement_timeout', '5min', false);
-- expect: concurrent-index-retry-hazard
CREATE INDEX CONCURRENTLY l ON t (a);
SET statement_timeout TO 0;
CREATE INDEX CONCURRENTLY l ON t (a);
-- expect: ineffective-lock-timeout
SET LOCAL lock_timeout = '1s';
CREATE INDEX CONCURRENTLY m ON t (a);
BEGIN;
SET LOCAL lock_timeout = '1s';
ALTER TABLE t ADD COLUMN c int;
COMMIT;
CREATE INDEX CONCURRENTLY n ON t (a);
BEGIN;
-- Behind all statements that wait.
-- expect: ineffective-lock-timeout
SET lock_timeout = '1s';
ROLLBACK;
CREATE INDEX CONCURRENTLY n ON t (a);
-- expect: ineffective-lock-timeout
SET lock_timeout = '1s';
RESET ALL;
CREATE INDEX CONCURRENTLY n ON t (a);
