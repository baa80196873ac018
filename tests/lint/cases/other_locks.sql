-- expect: vacuum-full
VACUUM FULL t;
-- expect: cluster
CLUSTER t USING i;
-- expect: reindex-non-concurrent
REINDEX TABLE t;
-- expect: reindex-non-concurrent
REINDEX INDEX i;
-- expect: refresh-matview
REFRESH MATERIALIZED VIEW m;
REFRESH MATERIALIZED VIEW m WITH NO DATA;
-- expect: delete-without-where
DELETE FROM t;
-- expect: delete-without-where
DELETE FROM t WHERE 1 = 1;
DELETE FROM t WHERE a = 1;
-- expect: drop-view
DROP VIEW v;
-- expect: drop-function
DROP FUNCTION f(int);
-- expect: drop-type
DROP TYPE mood;
-- expect: drop-sequence
DROP SEQUENCE s;
-- expect: drop-extension
DROP EXTENSION hstore;
-- expect: drop-schema
DROP SCHEMA app;
-- expect: drop-domain
DROP DOMAIN percent;
-- expect: drop-tablespace
DROP TABLESPACE slow;
-- expect: drop-database
DROP DATABASE shop;
-- expect: rename-schema
ALTER SCHEMA app RENAME TO other;
-- expect: rename-enum-value
ALTER TYPE mood RENAME VALUE 'a' TO 'b';
-- expect: duplicate-assignment
UPDATE t SET a = 1, a = 2 WHERE id = 1;
-- expect: identifier-too-long
CREATE TABLE a234567890_b234567890_c234567890_d234567890_e234567890_f234567890_g234567890 (id int);
-- expect: drop-attribute
ALTER TYPE address DROP ATTRIBUTE zip;
ALTER TYPE address ADD ATTRIBUTE country text;
