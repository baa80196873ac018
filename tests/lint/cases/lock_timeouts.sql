SET lock_timeout = '2s';
ALTER TABLE t ADD COLUMN a int;
SET lock_timeout = 0;
CREATE INDEX CONCURRENTLY i ON t (a);
-- Given back, after every wait that it was to limit.
SET lock_timeout = '2s';
ALTER TABLE t ADD COLUMN b int;
-- Nobody waits for minutes.
-- expect: ineffective-lock-timeout
SET lock_timeout = '10min';
ALTER TABLE t ADD COLUMN c int;
RESET lock_timeout;
-- expect: ineffective-lock-timeout
ALTER TABLE t ADD COLUMN d int;
