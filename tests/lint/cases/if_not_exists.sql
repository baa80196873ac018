-- What IF NOT EXISTS finds: nothing is known before this file but what it makes itself.
CREATE TABLE t (id int PRIMARY KEY, a int, b text);
INSERT INTO t SELECT g FROM generate_series(1, 9) g;
ALTER TABLE t ADD COLUMN IF NOT EXISTS a serial;
ALTER TABLE t ADD COLUMN IF NOT EXISTS b text UNIQUE, ADD COLUMN IF NOT EXISTS a int CHECK (a > 0);
-- expect: create-index-non-concurrent
CREATE INDEX t_a ON t (a);
CREATE INDEX IF NOT EXISTS t_a ON t (a);
CREATE TABLE IF NOT EXISTS maybe (id int);
-- expect: create-index-non-concurrent
CREATE INDEX maybe_id ON maybe (id);
