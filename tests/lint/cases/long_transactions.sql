BEGIN;
ALTER TABLE t ADD COLUMN a int;
-- expect: backfill-in-migration
UPDATE t SET a = b WHERE b > 0;
UPDATE t SET a = 1 WHERE id IN (1, 2);
INSERT INTO t (a) VALUES (1);
-- expect: backfill-in-migration
INSERT INTO copy SELECT * FROM t;
-- expect: statement-after-access-exclusive
ALTER TABLE other VALIDATE CONSTRAINT k;
-- expect: wide-lock-window
ALTER TABLE other ADD COLUMN a int;
COMMIT;
BEGIN;
ALTER TABLE t ADD CONSTRAINT x FOREIGN KEY (a) REFERENCES u NOT VALID;
-- expect: multiple-foreign-keys
ALTER TABLE t ADD CONSTRAINT y FOREIGN KEY (b) REFERENCES w NOT VALID;
COMMIT;
BEGIN;
-- expect: lock-table
LOCK TABLE t;
COMMIT;
BEGIN;
ALTER TYPE mood ADD VALUE 'new';
-- expect: enum-value-used-in-transaction
INSERT INTO t (mood) VALUES ('new');
COMMIT;
-- expect: transaction-nesting
COMMIT;
BEGIN;
CREATE TABLE fresh (a int);
INSERT INTO fresh SELECT 1;
UPDATE fresh SET a = 2 WHERE a > 0;
-- expect: transaction-nesting
BEGIN;
COMMIT;
-- expect: uncommitted-transaction
BEGIN;
ALTER TABLE t ADD COLUMN b int;
