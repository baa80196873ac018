-- What nobody uses any more goes here; locks count here as everywhere.
ALTER TABLE users DROP COLUMN email;
ALTER TABLE users RENAME COLUMN x TO y;
ALTER TABLE users RENAME TO people;
DROP TABLE old_users;
-- expect: drop-cascade
DROP TABLE older_users CASCADE;
-- expect: create-index-non-concurrent
CREATE INDEX i ON users (mail);
