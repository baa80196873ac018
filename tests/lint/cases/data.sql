-- expect: update-without-where
UPDATE t SET a = 1;
-- expect: update-without-where
UPDATE t SET a = 1 WHERE true;
UPDATE t SET a = 1 WHERE id BETWEEN 1 AND 100;
-- expect: truncate
TRUNCATE TABLE t;
-- expect: truncate, truncate-cascade
TRUNCATE t, u CASCADE;
INSERT INTO t (a) VALUES (1);
SELECT setval('s', 1), now(), pg_size_pretty(1::bigint);
