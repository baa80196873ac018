-- A constant names few rows only where the column is a key; two indexes are not two tables.
CREATE TABLE shelves (id int PRIMARY KEY, state text);
INSERT INTO shelves SELECT g FROM generate_series(1, 9) g;
BEGIN;
ALTER TABLE books ADD COLUMN shelf int;
UPDATE shelves SET state = 'old' WHERE id = 1;
-- expect: backfill-in-migration
UPDATE shelves SET state = 'old' WHERE state = 'new';
COMMIT;
BEGIN;
-- expect: drop-index-non-concurrent
DROP INDEX books_title;
-- expect: drop-index-non-concurrent
DROP INDEX books_author;
COMMIT;
