BEGIN;
-- expect: concurrently-in-transaction
CREATE INDEX CONCURRENTLY i ON t (a);
SAVEPOINT s;
-- expect: concurrently-in-transaction
DROP INDEX CONCURRENTLY i;
ROLLBACK TO s;
-- expect: concurrently-in-transaction
REINDEX TABLE CONCURRENTLY t;
-- expect: concurrently-in-transaction
VACUUM t;
-- expect: concurrently-in-transaction
ALTER TABLE t DETACH PARTITION p CONCURRENTLY;
END;
CREATE INDEX CONCURRENTLY i ON t (a);
START TRANSACTION;
ROLLBACK;
VACUUM t;
